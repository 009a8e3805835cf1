import type { WebhookResource } from '../../../../shared/webhooks/resource.ts';
import { CopyText } from '../../parts/components/copy.ts';
import { Show } from '../../parts/components/load.ts';
import { Notice } from '../../parts/components/notice.ts';
import { html } from '../../parts/html.ts';
import { formatTime } from '../../parts/texts/format.ts';
import { ActionButton } from '../actions/action-button.ts';
import { webhookActions } from '../actions/webhooks.ts';
import { Status } from '../customers/status.ts';
import { Page } from '../frame/page.ts';
import { useResource } from '../frame/resource.ts';
import { texts } from '../texts/texts.ts';
import { Deliveries } from './deliveries.ts';

const t = texts.webhooks;

/** A webhook, and what became of what was sent to it. */
export function WebhookPage({ id, query }: { readonly id: string; readonly query: URLSearchParams }) {
  const { loaded, turn, onDone } = useResource<WebhookResource>(`/v1/webhooks/${id}`);
  const { data } = loaded;
  return html`<${Page} title=${data?.description ?? t.webhook} above=${html`<p><a href="#/webhooks">← ${t.back}</a></p>`}
      tools=${
        data &&
        data.status !== 'removed' &&
        webhookActions(data).map(
          (action) =>
            html`<${ActionButton} key=${action.label} small action=${action} basis=${{ etag: loaded.etag }} onDone=${onDone} />`,
        )
      }>
    <${Show} loaded=${loaded}>${(webhook: WebhookResource) => html`
      ${webhook.disabled_reason && html`<${Notice} tone="warning" title=${t.disabledTitle}><p>${t.reasons[webhook.disabled_reason]}</p><//>`}
      <dl class="card facts">
        <div><dt>${t.status}</dt><dd><${Status} status=${webhook.status} /></dd></div>
        <div><dt>${t.url}</dt><dd><${CopyText} text=${webhook.url} label=${t.url} /></dd></div>
        <div><dt>${t.product}</dt><dd>${webhook.product ?? t.everyProduct}</dd></div>
        <div><dt>${t.since}</dt><dd>${formatTime(webhook.created_at)}</dd></div>
        <div><dt>${t.types}</dt><dd>${webhook.types === null ? t.everything : html`<span class="chips">${webhook.types.map((type) => html`<code class="chip" key=${type}>${type}</code>`)}</span>`}</dd></div>
      </dl>`}<//>
    <${Deliveries} webhookId=${id} status=${query.get('status') ?? ''} turn=${turn} onDone=${() => onDone(undefined)} />
  <//>`;
}
