import { html } from '../../parts/html.ts';
import { formatTime } from '../../parts/texts/format.ts';
import { Page } from '../frame/page.ts';
import { texts } from '../texts/texts.ts';
import { Paged } from './paged.ts';

const t = texts.lists.parked;

/** `GET /v1/parked-events`, an item. */
interface ParkedEvent {
  readonly event_id: string;
  readonly user_id: string;
  readonly revision: number;
  readonly type: string;
  readonly cause: string;
  readonly attempts: number;
  readonly mark: string;
  readonly created_at: string;
}

const COLUMNS = [
  {
    label: t.event,
    cell: (one: ParkedEvent) =>
      html`<strong>${one.type}</strong><br /><code class="soft">${one.event_id}</code>`,
  },
  {
    label: t.customer,
    cell: (one: ParkedEvent) => html`<a href=${`#/customers/${one.user_id}`}>${one.user_id}</a>`,
  },
  { label: t.cause, cell: (one: ParkedEvent) => one.cause },
  {
    label: t.attempts,
    numeric: true,
    cell: (one: ParkedEvent) => (one.attempts === 0 ? t.waits : String(one.attempts)),
  },
  { label: t.mark, cell: (one: ParkedEvent) => one.mark },
  { label: t.time, cell: (one: ParkedEvent) => formatTime(one.created_at) },
];

/** Whose read models stand still, and why. Settling them is for who can remove the cause, with the tool. */
export const ParkedEvents = () => html`<${Page} title=${t.title}>
  <p class="soft">${t.intro}</p>
  <p>${t.how} <code>npm run --silent cli -- parked retry --all</code></p>
  <${Paged} path="/v1/parked-events" caption=${t.title} empty=${t.empty} rowKey=${(one: ParkedEvent) => one.event_id} columns=${COLUMNS} />
<//>`;
