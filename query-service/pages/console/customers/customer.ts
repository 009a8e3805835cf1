import { CopyText } from '../../parts/components/copy.ts';
import { Show } from '../../parts/components/load.ts';
import { Notice } from '../../parts/components/notice.ts';
import { html } from '../../parts/html.ts';
import { formatTime } from '../../parts/texts/format.ts';
import { texts as parts } from '../../parts/texts/texts.ts';
import { ActionButton } from '../actions/action-button.ts';
import { accountActions } from '../actions/customers.ts';
import { Page } from '../frame/page.ts';
import { useResource } from '../frame/resource.ts';
import { texts } from '../texts/texts.ts';
import { useCatalogue } from './catalogue.ts';
import { Keys } from './keys.ts';
import { Machines } from './machines.ts';
import type { PartProps } from './part.ts';
import { type Customer, nameOf } from './resources.ts';
import { Status } from './status.ts';
import { Subscriptions } from './subscriptions.ts';
import { Timeline } from './timeline.ts';

const t = texts.customer;

/** A customer with all that is theirs: one page, so that a supporter sees the whole story. */
export function CustomerPage({ id }: { readonly id: string }) {
  const { loaded, position, turn, onDone } = useResource<Customer>(`/v1/users/${id}`);
  const { data: customer, etag } = loaded;
  if (!customer)
    return html`<${Page} title=${t.find.customer} above=${html`<${Back} />`}><${Show} loaded=${loaded}>${() => undefined}<//><//>`;
  const basis = { etag, userId: id };
  const props = { customer, basis, position, turn, onDone };
  return html`<${Page} title=${customer.status === 'erased' ? t.erasedCustomer : nameOf(customer)} above=${html`<${Back} />`}
      tools=${customer.status === 'active' && html`<${Account} ...${props} />`}>
    ${loaded.problem && html`<${Show} loaded=${loaded}>${() => undefined}<//>`}
    ${customer.status === 'erased' && html`<${Notice} tone="warning" title=${t.erased}><p>${t.erasedText}</p><//>`}
    <${Facts} customer=${customer} />
    <div class="columns">
      <div class="stack">
        <${Parts} ...${props} />
      </div>
      <${Timeline} ...${props} />
    </div>
  <//>`;
}

const Back = () => html`<p><a href="#/customers">← ${t.back}</a></p>`;

function Parts(props: Omit<PartProps, 'catalogue'>) {
  const catalogue = useCatalogue();
  return html`<${Show} loaded=${catalogue}>${(plans: unknown) => html`
    <${Subscriptions} ...${props} catalogue=${plans} />
    <${Machines} ...${props} catalogue=${plans} />
    <${Keys} ...${props} catalogue=${plans} />`}<//>`;
}

function Account({ customer, basis, onDone }: Pick<PartProps, 'customer' | 'basis' | 'onDone'>) {
  return accountActions(customer).map(
    (action) =>
      html`<${ActionButton} key=${action.label} action=${action} basis=${basis} small onDone=${onDone} />`,
  );
}

function Facts({ customer }: { readonly customer: Customer }) {
  const facts = [
    [t.status, html`<${Status} status=${customer.status} />`],
    customer.name !== undefined && customer.name !== null && [texts.commands.fields.name, customer.name],
    customer.email && [
      texts.commands.fields.email,
      html`${customer.email} <span class="soft">(${customer.email_verified ? t.emailVerified : t.emailUnverified})</span>`,
    ],
    [t.externalId, customer.external_id ?? parts.none],
    [t.since, formatTime(customer.created_at)],
    [t.id, html`<${CopyText} text=${customer.user_id} label=${t.id} />`],
  ].filter((fact) => Array.isArray(fact));
  return html`<dl class="card facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
