import type { LicenseResource } from '../../../../shared/http/routes/resources.ts';
import { Show, useLoaded } from '../../parts/components/load.ts';
import { Table } from '../../parts/components/table.ts';
import { html } from '../../parts/html.ts';
import { formatDay, formatNumber, formatUtcDay } from '../../parts/texts/format.ts';
import { ActionButton } from '../actions/action-button.ts';
import { licenseActions, machineName } from '../actions/licenses.ts';
import { api } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import { placesOf } from './catalogue.ts';
import type { PartProps } from './part.ts';
import type { List } from './resources.ts';
import { Status, statusFor } from './status.ts';

const t = texts.customer;

/** The customer's machines, the latest first; those that are not active folded away. */
export function Machines(props: PartProps) {
  const { customer, position, turn } = props;
  const path = `/v1/users/${customer.user_id}/licenses?limit=100`;
  const loaded = useLoaded<List<LicenseResource>>(
    path,
    () => api({ method: 'GET', path, minPosition: position }),
    turn,
  );
  return html`<section class="card" aria-labelledby="machines">
    <h2 id="machines">${t.machines}</h2>
    <${Show} loaded=${loaded}>${({ items }: List<LicenseResource>) => {
      const latest = items.toReversed();
      const active = latest.filter(({ status }) => status === 'active');
      const others = latest.filter(({ status }) => status !== 'active');
      return html`<${Places} ...${props} active=${active} />
        <${MachineTable} ...${props} rows=${active} />
        ${
          others.length > 0 &&
          html`<details><summary>${t.inactiveMachines(others.length)}</summary>
          <${MachineTable} ...${props} rows=${others} />
        </details>`
        }`;
    }}<//>
  </section>`;
}

function Places({
  customer,
  catalogue,
  active,
}: PartProps & { readonly active: readonly LicenseResource[] }) {
  if (customer.status === 'erased') return null;
  return customer.subscriptions.map((one) => {
    const limit = placesOf(catalogue, one);
    const taken = active.filter(({ product }) => product === one.product).length;
    if (limit === undefined) return undefined;
    const used = t.machinesUsed(formatNumber(taken), formatNumber(limit));
    return html`<div class="places" key=${one.product}>
      <meter min="0" max=${limit} value=${taken} aria-label=${used}></meter>
      <span class="soft">${catalogue.products.length > 1 && `${one.product}: `}${used}</span>
    </div>`;
  });
}

function MachineTable({
  customer,
  rows,
  basis,
  onDone,
}: PartProps & { readonly rows: readonly LicenseResource[] }) {
  return html`<${Table} caption=${t.machines} rows=${rows} rowKey=${(one: LicenseResource) => one.license_id}
    empty=${t.noMachines} columns=${[
      {
        label: t.machine,
        cell: (one: LicenseResource) => html`<strong>${machineName(one)}</strong>
          ${one.client_name && html`<br /><code class="soft">${one.client_id}</code>`}
          ${statusFor(customer, one) !== 'active' && html`<br /><${Status} status=${statusFor(customer, one)} />`}`,
      },
      { label: t.activated, cell: (one: LicenseResource) => formatDay(one.activated_at) },
      { label: t.lastSeen, cell: (one: LicenseResource) => formatUtcDay(one.last_seen_on) },
      {
        label: t.actions,
        cell: (one: LicenseResource) =>
          html`<span class="buttons">${(customer.status === 'active' ? licenseActions(one) : []).map(
            (
              action,
            ) => html`<${ActionButton} key=${action.label} small of=${machineName(one)} action=${action}
            basis=${basis} onDone=${onDone} />`,
          )}</span>`,
      },
    ]} />`;
}
