import { CopyText } from '../../parts/components/copy.ts';
import { Show } from '../../parts/components/load.ts';
import { Table } from '../../parts/components/table.ts';
import { html } from '../../parts/html.ts';
import { formatDay, formatUtcDay } from '../../parts/texts/format.ts';
import { texts as parts } from '../../parts/texts/texts.ts';
import { ActionButton } from '../actions/action-button.ts';
import { revokeServiceKey, serviceActions } from '../actions/service-accounts.ts';
import { Status } from '../customers/status.ts';
import { Page } from '../frame/page.ts';
import { useResource } from '../frame/resource.ts';
import { useMe } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import { Scopes } from './scopes.ts';
import type { ServiceAccount } from './service-accounts.ts';

const t = texts.staff.services;

/** A service account with its keys. */
export function ServiceAccountPage({ id }: { readonly id: string }) {
  const me = useMe();
  const { loaded, onDone } = useResource<ServiceAccount>(`/v1/service-accounts/${id}`);
  const basis = { etag: loaded.etag };
  const { data } = loaded;
  const above = html`<p><a href="#/service-accounts">← ${t.back}</a></p>`;
  return html`<${Page} title=${data?.name ?? t.title} above=${above}
      tools=${
        data?.status === 'active' &&
        serviceActions(data, me.scopes).map(
          (action) =>
            html`<${ActionButton} key=${action.label} small action=${action} basis=${basis} onDone=${onDone} />`,
        )
      }>
    <${Show} loaded=${loaded}>${(account: ServiceAccount) => html`
      <dl class="card facts">
        <div><dt>${t.status}</dt><dd><${Status} status=${account.status} /></dd></div>
        <div><dt>${t.id}</dt><dd><${CopyText} text=${account.service_account_id} label=${t.id} /></dd></div>
        <div><dt>${t.lastUsed}</dt><dd>${formatUtcDay(account.last_used_on)}</dd></div>
        <div><dt>${texts.staff.scopes}</dt><dd><${Scopes} scopes=${account.scopes} /></dd></div>
      </dl>
      <section class="card" aria-labelledby="keys"><h2 id="keys">${t.keys}</h2>
        <${Table} caption=${t.keys} rows=${account.keys} rowKey=${keyId} empty=${t.noKeys} columns=${[
          { label: t.key, cell: (key: Key) => html`<code>${key.key_id}</code>` },
          { label: t.status, cell: (key: Key) => html`<${Status} status=${key.status} />` },
          { label: t.created, cell: (key: Key) => formatDay(key.created_at) },
          {
            label: t.expires,
            cell: (key: Key) => (key.expires_at ? formatDay(key.expires_at) : parts.never),
          },
          { label: t.lastUsed, cell: (key: Key) => formatUtcDay(key.last_used_on) },
          {
            label: texts.customer.actions,
            cell: (key: Key) =>
              key.status === 'good' &&
              account.status === 'active' &&
              html`<${ActionButton} small of=${key.key_id} action=${revokeServiceKey(id, key.key_id)} basis=${basis} onDone=${onDone} />`,
          },
        ]} />
      </section>`}<//>
  <//>`;
}

type Key = ServiceAccount['keys'][number];
const keyId = (key: Key): string => key.key_id;
