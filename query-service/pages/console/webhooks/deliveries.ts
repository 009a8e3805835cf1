import { useState } from 'preact/hooks';
import { withQuery } from '../../parts/api/call.ts';
import { Button } from '../../parts/components/button.ts';
import { Dialog } from '../../parts/components/dialog.ts';
import { Show, useLoaded } from '../../parts/components/load.ts';
import { html } from '../../parts/html.ts';
import { formatTime } from '../../parts/texts/format.ts';
import { ActionButton } from '../actions/action-button.ts';
import { retryDelivery } from '../actions/webhooks.ts';
import { Status } from '../customers/status.ts';
import { Paged } from '../lists/paged.ts';
import { StatusChips } from '../lists/status-chips.ts';
import { api } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import type { Delivery } from './resources.ts';

const t = texts.webhooks;

interface DeliveriesProps {
  readonly webhookId: string;
  /** Only these; empty: all. */
  readonly status: string;
  readonly turn: number;
  readonly onDone: () => void;
}

/** What was sent, the latest first. */
export function Deliveries({ webhookId, status, turn, onDone }: DeliveriesProps) {
  const path = withQuery(`/v1/webhooks/${webhookId}/deliveries`, { status });
  return html`<section class="stack" aria-labelledby="deliveries">
    <div class="head">
      <h2 id="deliveries">${t.deliveries}</h2>
      <${StatusChips} place=${`/webhooks/${webhookId}`} chosen=${status} statuses=${['pending', 'failed', 'delivered']} />
    </div>
    <${Paged} key=${path} path=${path} turn=${turn} caption=${t.deliveries} empty=${t.noDeliveries}
      rowKey=${(one: Delivery) => one.event_id} columns=${columnsFor(webhookId, onDone)} />
  </section>`;
}

const columnsFor = (webhookId: string, onDone: () => void) => [
  {
    label: t.type,
    cell: (one: Delivery) => html`<strong>${one.type}</strong>
      ${one.user_id && html`<br /><a href=${`#/customers/${one.user_id}`} aria-label=${`${t.customer} ${one.user_id}`}>${t.customer}</a>`}`,
  },
  { label: t.status, cell: (one: Delivery) => html`<${Status} status=${one.status} />` },
  {
    label: t.lastTry,
    cell: (
      one: Delivery,
    ) => html`${one.last_error ?? (one.last_status === null ? '' : String(one.last_status))}
      ${one.next_at && html`<br /><span class="soft">${t.nextAt(formatTime(one.next_at))}</span>`}`,
  },
  { label: t.attempts, numeric: true, cell: (one: Delivery) => String(one.attempts) },
  { label: t.time, cell: (one: Delivery) => formatTime(one.created_at) },
  {
    label: texts.customer.actions,
    cell: (one: Delivery) => html`<span class="buttons">
      <${ShowBody} webhookId=${webhookId} delivery=${one} />
      ${one.status !== 'pending' && html`<${ActionButton} small of=${one.event_id} action=${retryDelivery(webhookId, one)} onDone=${onDone} />`}
    </span>`,
  },
];

function ShowBody({ webhookId, delivery }: { readonly webhookId: string; readonly delivery: Delivery }) {
  const [isOpen, setOpen] = useState(false);
  const path = `/v1/webhooks/${webhookId}/deliveries/${delivery.event_id}`;
  const loaded = useLoaded<Delivery>(isOpen ? path : undefined, () => api({ method: 'GET', path }));
  return html`<${Button} small label=${`${t.body}: ${delivery.event_id}`} onClick=${() => setOpen(true)}>${t.body}<//>
    ${
      isOpen &&
      html`<${Dialog} title=${delivery.type} onClose=${() => setOpen(false)}>
      <p class="soft">webhook-id: <code>${delivery.event_id}</code></p>
      <${Show} loaded=${loaded}>${({ body }: Delivery) => (body === undefined ? html`<p>${t.bodyHidden}</p>` : html`<pre tabindex="0" role="region" aria-label=${t.body}><code>${JSON.stringify(JSON.parse(body), null, 2)}</code></pre>`)}<//>
    <//>`
    }`;
}
