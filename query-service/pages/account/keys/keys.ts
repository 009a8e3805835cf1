import { useState } from 'preact/hooks';
import type { LicenseKeyResource } from '../../../../shared/http/routes/resources.ts';
import { Badge, type Tone } from '../../parts/components/badge.ts';
import { Button } from '../../parts/components/button.ts';
import { CopyText } from '../../parts/components/copy.ts';
import { Dialog } from '../../parts/components/dialog.ts';
import { Form } from '../../parts/components/form.ts';
import { Show, useLoaded } from '../../parts/components/load.ts';
import { type Column, Table } from '../../parts/components/table.ts';
import { html } from '../../parts/html.ts';
import { formatDay, formatNumber } from '../../parts/texts/format.ts';
import { listAll, type View } from '../data.ts';
import { texts } from '../texts/texts.ts';
import { nameOf } from '../words.ts';
import { CreateKey } from './create-key.ts';

const words = texts.keys;

const TONES: Readonly<Record<LicenseKeyResource['status'], Tone>> = {
  good: 'good',
  used_up: 'neutral',
  expired: 'neutral',
  revoked: 'bad',
};

const shortOf = ({ license_key: text, key_id: id }: LicenseKeyResource): string => text ?? id;

const usesOf = ({ uses, uses_left: left }: LicenseKeyResource): string =>
  uses === null ? words.unlimited : words.usesLeft(formatNumber(left ?? 0), formatNumber(uses));

const keyCell = (key: LicenseKeyResource) =>
  key.license_key
    ? html`<${CopyText} text=${key.license_key} label=${words.key} />`
    : html`<span class="soft">${words.elsewhere}</span>`;

function columnsOf(isNamed: boolean, last: Column<LicenseKeyResource>): Column<LicenseKeyResource>[] {
  return [
    { label: words.key, cell: keyCell },
    ...(isNamed
      ? [{ label: words.product, cell: ({ product }: LicenseKeyResource) => nameOf(product) }]
      : []),
    { label: words.uses, cell: usesOf },
    {
      label: words.expires,
      cell: ({ expires_at: at }) => (at === null ? words.noExpiry : formatDay(at)),
    },
    { label: words.created, cell: ({ created_at: at }) => formatDay(at) },
    last,
  ];
}

type Open = { readonly kind: 'create' } | { readonly kind: 'revoke'; readonly key: LicenseKeyResource };

export function Keys({ view }: { readonly view: View }) {
  const [open, setOpen] = useState<Open>();
  const { session, account } = view;
  const loaded = useLoaded('license-keys', () => listAll<LicenseKeyResource>(session, '/v1/me/license-keys'));
  const done = (what?: string) => {
    loaded.reload();
    view.done(what);
  };
  const close = () => setOpen(undefined);
  const table = (rows: readonly LicenseKeyResource[], last: Column<LicenseKeyResource>) =>
    html`<${Table} caption=${words.title} rows=${rows} rowKey=${(row: LicenseKeyResource) => row.key_id}
      columns=${columnsOf(account.products.length > 1, last)} empty="" />`;
  const revoke = (key: LicenseKeyResource) => html`<span class="row-actions">
    <${Button} small label=${words.revokeOf(shortOf(key))}
      onClick=${() => setOpen({ kind: 'revoke', key })}>${words.revoke}<//>
  </span>`;
  const status = ({ status }: LicenseKeyResource) =>
    html`<${Badge} tone=${TONES[status]}>${words.statuses[status]}<//>`;
  const list = ({ items }: { readonly items: readonly LicenseKeyResource[] }) => {
    const good = items.filter((key) => key.status === 'good').reverse();
    const past = items.filter((key) => key.status !== 'good').reverse();
    return html`
      ${
        good.length > 0
          ? table(good, { label: words.actions, cell: revoke })
          : html`<div class="empty-card"><h2>${words.none}</h2><p class="soft">${words.noneLead}</p></div>`
      }
      ${past.length > 0 && html`<details><summary>${words.past(past.length)}</summary>${table(past, { label: words.status, cell: status })}</details>`}`;
  };
  return html`<section class="stack" aria-labelledby="keys-title">
    <div class="head">
      <div><h1 id="keys-title" tabindex="-1">${words.title}</h1><p class="soft lead">${words.lead}</p></div>
      <${Button} kind="primary" onClick=${() => setOpen({ kind: 'create' })}>${words.create}<//>
    </div>
    <div class="card"><${Show} loaded=${loaded}>${list}<//></div>
    ${open?.kind === 'create' && html`<${CreateKey} view=${view} onCreated=${loaded.reload} onClose=${close} />`}
    ${
      open?.kind === 'revoke' &&
      html`<${Dialog} title=${words.revokeTitle} onClose=${close}>
      <p><code>${shortOf(open.key)}</code></p>
      <p>${words.revokeLead}</p>
      <${Form} fields=${[]} submit=${words.revoke} danger known=${texts.problems} onCancel=${close}
        onSubmit=${async () => {
          const outcome = await session.command(`/v1/license-keys/${open.key.key_id}/revoke`);
          if (!outcome.ok) return outcome.problem;
          close();
          done(words.revoked);
          return undefined;
        }} />
    <//>`
    }
  </section>`;
}
