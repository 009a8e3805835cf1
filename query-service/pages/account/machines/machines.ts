import { useState } from 'preact/hooks';
import type { LicenseResource } from '../../../../shared/http/routes/resources.ts';
import { Badge } from '../../parts/components/badge.ts';
import { Button } from '../../parts/components/button.ts';
import { Dialog } from '../../parts/components/dialog.ts';
import { Form } from '../../parts/components/form.ts';
import { type Column, Table } from '../../parts/components/table.ts';
import { html } from '../../parts/html.ts';
import { formatDay } from '../../parts/texts/format.ts';
import type { View } from '../data.ts';
import { isCurrent } from '../subscription/offers.ts';
import { texts } from '../texts/texts.ts';
import { machineName, nameOf, seenText } from '../words.ts';
import { Activate } from './activate.ts';

type Open =
  | { readonly kind: 'activate'; readonly replaces?: LicenseResource }
  | { readonly kind: 'deactivate'; readonly license: LicenseResource };

const words = texts.machines;

/** Longest unseen last: what is in use stands on top. */
const byUse = (one: LicenseResource, other: LicenseResource): number =>
  (other.last_seen_on ?? '').localeCompare(one.last_seen_on ?? '') ||
  other.activated_at.localeCompare(one.activated_at);

const machineCell = (license: LicenseResource) => html`<span class="machine">
  <strong>${machineName(license)}</strong>
  <code class="soft">${license.client_id}</code>
</span>`;

function columnsOf(isNamed: boolean, last: Column<LicenseResource>): Column<LicenseResource>[] {
  return [
    { label: words.name, cell: machineCell },
    ...(isNamed ? [{ label: words.product, cell: ({ product }: LicenseResource) => nameOf(product) }] : []),
    { label: words.seen, cell: ({ last_seen_on: day }) => seenText(day, Date.now()) },
    { label: words.activated, cell: ({ activated_at: at }) => formatDay(at) },
    last,
  ];
}

export function Machines({ view }: { readonly view: View }) {
  const [open, setOpen] = useState<Open>();
  const { licenses, subscriptions, products, isCut } = view.account;
  const isNamed = products.length > 1;
  const hasPlan = subscriptions.some((one) => isCurrent(one, Date.now()));
  const active = licenses.filter(({ status }) => status !== 'deactivated').sort(byUse);
  const past = licenses.filter(({ status }) => status === 'deactivated').sort(byUse);
  const actions = (license: LicenseResource) =>
    license.status === 'revoked'
      ? html`<${Badge} tone="bad">${words.statuses.revoked}<//>`
      : html`<span class="row-actions">
          <${Button} small label=${words.replaceOf(machineName(license))}
            onClick=${() => setOpen({ kind: 'activate', replaces: license })}>${words.replace}<//>
          <${Button} small label=${words.deactivateOf(machineName(license))}
            onClick=${() => setOpen({ kind: 'deactivate', license })}>${words.deactivate}<//>
        </span>`;
  const status = ({ status }: LicenseResource) => html`<${Badge}>${words.statuses[status]}<//>`;
  const table = (rows: readonly LicenseResource[], last: Column<LicenseResource>, empty = '') =>
    html`<${Table} caption=${words.title} rows=${rows} rowKey=${(row: LicenseResource) => row.license_id}
      columns=${columnsOf(isNamed, last)} empty=${empty} />`;
  return html`<section class="card" aria-labelledby="machines-title">
    <div class="head">
      <div><h2 id="machines-title">${words.title}</h2><p class="soft">${active.length > 0 ? words.lead : words.none}</p></div>
      ${hasPlan && html`<${Button} onClick=${() => setOpen({ kind: 'activate' })}>${words.add}<//>`}
    </div>
    ${active.length > 0 ? table(active, { label: words.actions, cell: actions }) : html`<p class="soft">${hasPlan ? words.noneLead : words.noPlan}</p>`}
    ${isCut && html`<p class="soft">${words.cut}</p>`}
    ${past.length > 0 && html`<details><summary>${words.past(past.length)}</summary>${table(past, { label: words.status, cell: status })}</details>`}
    ${open?.kind === 'activate' && html`<${Activate} view=${view} replaces=${open.replaces} onClose=${() => setOpen(undefined)} />`}
    ${open?.kind === 'deactivate' && html`<${Deactivate} view=${view} license=${open.license} onClose=${() => setOpen(undefined)} />`}
  </section>`;
}

interface DeactivateProps {
  readonly view: View;
  readonly license: LicenseResource;
  readonly onClose: () => void;
}

function Deactivate({ view, license, onClose }: DeactivateProps) {
  const name = machineName(license);
  const path = `/v1/activations/${encodeURIComponent(license.client_id ?? '')}?product=${encodeURIComponent(license.product)}`;
  return html`<${Dialog} title=${words.deactivateTitle(name)} onClose=${onClose}>
    <p>${words.deactivateLead}</p>
    <${Form} fields=${[]} submit=${words.deactivate} danger known=${texts.problems} onCancel=${onClose}
      onSubmit=${async () => {
        const outcome = await view.session.command(path, undefined, 'DELETE');
        if (!outcome.ok) return outcome.problem;
        onClose();
        view.done(words.deactivated(name));
        return undefined;
      }} />
  <//>`;
}
