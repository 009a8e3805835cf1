import { useState } from 'preact/hooks';
import type { ServiceAccountResource } from '../../../../shared/http/routes/service-account.ts';
import { html } from '../../parts/html.ts';
import { formatUtcDay } from '../../parts/texts/format.ts';
import { ActionButton } from '../actions/action-button.ts';
import { addService } from '../actions/service-accounts.ts';
import { Status } from '../customers/status.ts';
import { Page } from '../frame/page.ts';
import { Paged } from '../lists/paged.ts';
import { useMe } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import { Scopes } from './scopes.ts';

const t = texts.staff.services;

/** As the query side shows one: with the days of the last use. */
export interface ServiceAccount extends ServiceAccountResource {
  readonly keys: (ServiceAccountResource['keys'][number] & { readonly last_used_on: string | null })[];
  readonly last_used_on: string | null;
}

const COLUMNS = [
  {
    label: t.name,
    cell: (one: ServiceAccount) =>
      html`<a href=${`#/service-accounts/${one.service_account_id}`}>${one.name}</a>`,
  },
  { label: t.status, cell: (one: ServiceAccount) => html`<${Status} status=${one.status} />` },
  { label: texts.staff.scopes, cell: (one: ServiceAccount) => html`<${Scopes} scopes=${one.scopes} />` },
  {
    label: t.keys,
    cell: ({ keys }: ServiceAccount) => t.goodKeys(keys.filter(({ status }) => status === 'good').length),
  },
  { label: t.lastUsed, cell: (one: ServiceAccount) => formatUtcDay(one.last_used_on) },
];

/** The programs of the seller that call the API. */
export function ServiceAccounts() {
  const me = useMe();
  const [turn, setTurn] = useState(0);
  return html`<${Page} title=${t.title} tools=${html`<${ActionButton} kind="primary" action=${addService(me.scopes)} onDone=${() => setTurn(turn + 1)} />`}>
    <p class="soft">${t.intro}</p>
    <${Paged} path="/v1/service-accounts" turn=${turn} caption=${t.title} empty=${t.empty}
      rowKey=${(one: ServiceAccount) => one.service_account_id} columns=${COLUMNS} />
  <//>`;
}
