import { useState } from 'preact/hooks';
import type { WebhookResource } from '../../../../shared/webhooks/resource.ts';
import { html } from '../../parts/html.ts';
import { formatDay } from '../../parts/texts/format.ts';
import { ActionButton } from '../actions/action-button.ts';
import { addWebhook } from '../actions/webhooks.ts';
import { Status } from '../customers/status.ts';
import { Page } from '../frame/page.ts';
import { Paged } from '../lists/paged.ts';
import { texts } from '../texts/texts.ts';

const t = texts.webhooks;

const COLUMNS = [
  {
    label: t.url,
    cell: (one: WebhookResource) => html`<a href=${`#/webhooks/${one.webhook_id}`}>${one.url}</a>
      ${one.description && html`<br /><span class="soft">${one.description}</span>`}`,
  },
  { label: t.status, cell: (one: WebhookResource) => html`<${Status} status=${one.status} />` },
  {
    label: t.types,
    cell: (one: WebhookResource) => (one.types === null ? t.everything : t.someTypes(one.types.length)),
  },
  { label: t.since, cell: (one: WebhookResource) => formatDay(one.created_at) },
];

/** Systems that are told what happens. */
export function Webhooks() {
  const [turn, setTurn] = useState(0);
  return html`<${Page} title=${t.title} tools=${html`<${ActionButton} kind="primary" action=${addWebhook} onDone=${() => setTurn(turn + 1)} />`}>
    <p class="soft">${t.intro}</p>
    <${Paged} path="/v1/webhooks" turn=${turn} caption=${t.title} empty=${t.empty} rowKey=${(one: WebhookResource) => one.webhook_id} columns=${COLUMNS} />
  <//>`;
}
