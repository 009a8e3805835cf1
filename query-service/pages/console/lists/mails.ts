import { withQuery } from '../../parts/api/call.ts';
import { html } from '../../parts/html.ts';
import { formatTime } from '../../parts/texts/format.ts';
import { Status } from '../customers/status.ts';
import { Page } from '../frame/page.ts';
import { texts } from '../texts/texts.ts';
import { Paged } from './paged.ts';
import { StatusChips } from './status-chips.ts';

const t = texts.lists.mails;

/** `GET /v1/mails`, an item. */
interface Mail {
  readonly mail_id: string;
  readonly user_id: string;
  readonly kind: string;
  readonly status: string;
  readonly attempts: number;
  readonly next_at: string | null;
  readonly last_error: string | null;
  readonly created_at: string;
  readonly sent_at: string | null;
}

const COLUMNS = [
  { label: t.kind, cell: (one: Mail) => html`<strong>${t.kinds[one.kind] ?? one.kind}</strong>` },
  {
    label: t.to,
    cell: (one: Mail) =>
      html`<a href=${`#/customers/${one.user_id}`} aria-label=${`${t.customer} ${one.user_id}`}>${t.customer}</a>`,
  },
  { label: t.status, cell: (one: Mail) => html`<${Status} status=${one.status} />` },
  {
    label: t.error,
    cell: (one: Mail) => html`${one.last_error}
      ${one.next_at && html`<br /><span class="soft">${texts.webhooks.nextAt(formatTime(one.next_at))}</span>`}`,
  },
  { label: t.attempts, numeric: true, cell: (one: Mail) => String(one.attempts) },
  { label: t.time, cell: (one: Mail) => formatTime(one.sent_at ?? one.created_at) },
];

/** What customers were sent, and what could not be. */
export function Mails({ query }: { readonly query: URLSearchParams }) {
  const status = query.get('status') ?? '';
  const path = withQuery('/v1/mails', { status });
  return html`<${Page} title=${t.title}>
    <p class="soft">${t.intro}</p>
    <${StatusChips} place="/mails" chosen=${status} statuses=${['pending', 'failed', 'sent', 'dropped']} />
    <${Paged} key=${path} path=${path} caption=${t.title} empty=${t.empty} rowKey=${(one: Mail) => one.mail_id} columns=${COLUMNS} />
  <//>`;
}
