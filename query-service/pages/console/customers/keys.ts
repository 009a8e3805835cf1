import type { LicenseKeyResource } from '../../../../shared/http/routes/resources.ts';
import { CopyText } from '../../parts/components/copy.ts';
import { Show, useLoaded } from '../../parts/components/load.ts';
import { Table } from '../../parts/components/table.ts';
import { html } from '../../parts/html.ts';
import { formatDay } from '../../parts/texts/format.ts';
import { texts as parts } from '../../parts/texts/texts.ts';
import { ActionButton } from '../actions/action-button.ts';
import { issueKey, revokeKey } from '../actions/licenses.ts';
import { api, may, useMe } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import type { PartProps } from './part.ts';
import type { List } from './resources.ts';
import { Status, statusFor } from './status.ts';

const t = texts.customer;

/** The customer's license keys, the latest first. */
export function Keys({ customer, catalogue, basis, turn, onDone }: PartProps) {
  const me = useMe();
  const path = `/v1/users/${customer.user_id}/license-keys?limit=100`;
  const mayList = may(me, 'customers:read', 'keys:write');
  const loaded = useLoaded<List<LicenseKeyResource>>(
    mayList ? path : undefined,
    () => api({ method: 'GET', path }),
    turn,
  );
  if (!mayList) return null;
  return html`<section class="card" aria-labelledby="keys">
    <div class="head">
      <h2 id="keys">${t.keys}</h2>
      ${customer.status === 'active' && html`<${ActionButton} small action=${issueKey(customer, catalogue)} basis=${basis} onDone=${onDone} />`}
    </div>
    <${Show} loaded=${loaded}>${({ items }: List<LicenseKeyResource>) => html`
      ${items.length > 0 && !may(me, 'keys:write') && html`<p class="hint">${t.keysHidden}</p>`}
      <${Table} caption=${t.keys} rows=${items.toReversed()} rowKey=${(key: LicenseKeyResource) => key.key_id} empty=${t.noKeys} columns=${[
        { label: t.key, cell: (key: LicenseKeyResource) => html`<${KeyText} one=${key} />` },
        {
          label: t.uses,
          cell: ({ uses, uses_left: left }: LicenseKeyResource) =>
            uses === null || left === null ? t.unlimited : t.usesLeft(left, uses),
        },
        {
          label: t.expires,
          cell: (key: LicenseKeyResource) => (key.expires_at ? formatDay(key.expires_at) : parts.never),
        },
        {
          label: t.status,
          cell: (key: LicenseKeyResource) => html`<${Status} status=${statusFor(customer, key)} />`,
        },
        {
          label: t.actions,
          cell: (key: LicenseKeyResource) =>
            customer.status === 'active' && (key.status === 'good' || key.status === 'used_up')
              ? html`<${ActionButton} small of=${key.license_key ?? key.key_id} action=${revokeKey(key)} basis=${basis} onDone=${onDone} />`
              : undefined,
        },
      ]} />`}<//>
  </section>`;
}

function KeyText({ one }: { readonly one: LicenseKeyResource }) {
  if (one.license_key) return html`<${CopyText} text=${one.license_key} label=${t.key} />`;
  return html`<code>${one.key_id}</code>${one.license_key === null && html`<br /><span class="soft">${t.keyImported}</span>`}`;
}
