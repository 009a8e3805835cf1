import type { SubscriptionResource } from '../../../../shared/http/routes/resources.ts';
import { Show, useLoaded } from '../../parts/components/load.ts';
import { html } from '../../parts/html.ts';
import { formatDay, formatDistance } from '../../parts/texts/format.ts';
import { ActionButton } from '../actions/action-button.ts';
import { startSubscription } from '../actions/start-subscription.ts';
import { subscriptionActions } from '../actions/subscriptions.ts';
import { api } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import { boughtText } from './event-text.ts';
import type { PartProps } from './part.ts';
import type { List } from './resources.ts';
import { Status, statusFor } from './status.ts';

const t = texts.customer;

/** All subscriptions: those that count first, the past ones folded away. */
export function Subscriptions(props: PartProps) {
  const { customer, catalogue, basis, position, turn, onDone } = props;
  const path = `/v1/users/${customer.user_id}/subscriptions?limit=100`;
  const loaded = useLoaded<List<SubscriptionResource>>(
    path,
    () => api({ method: 'GET', path, minPosition: position }),
    turn,
  );
  const counting = new Set(customer.subscriptions.map((one) => one.subscription_id));
  return html`<section class="card" aria-labelledby="subscriptions">
    <div class="head">
      <h2 id="subscriptions">${t.subscriptions}</h2>
      ${customer.status === 'active' && html`<${ActionButton} small action=${startSubscription(customer, catalogue)} basis=${basis} onDone=${onDone} />`}
    </div>
    ${customer.subscriptions.length === 0 && html`<p class="empty">${t.noSubscriptions}</p>`}
    ${customer.subscriptions.map((one) => html`<${Subscription} key=${one.subscription_id} ...${props} one=${one} />`)}
    <${Show} loaded=${loaded}>${({ items }: List<SubscriptionResource>) => {
      const past = items.filter((one) => !counting.has(one.subscription_id)).reverse();
      if (past.length === 0) return undefined;
      return html`<details><summary>${t.showOlder(past.length)}</summary>
        ${past.map((one) => html`<${Subscription} key=${one.subscription_id} ...${props} one=${one} />`)}
      </details>`;
    }}<//>
  </section>`;
}

const ending = ({ end_date: end }: SubscriptionResource): string =>
  Date.parse(end) > Date.now() ? t.ends(formatDistance(end)) : t.ended(formatDistance(end));

function Subscription({
  one,
  customer,
  catalogue,
  basis,
  onDone,
}: PartProps & { readonly one: SubscriptionResource }) {
  const what = boughtText(one.plan_type, one.quantity, one.trial);
  const several = catalogue.products.length > 1;
  return html`<article class="item">
    <div class="head">
      <h3>${several && `${one.product}: `}${what}</h3>
      <${Status} status=${statusFor(customer, one)} />
    </div>
    <p class="soft">${formatDay(one.start_date)} – ${formatDay(one.end_date)} ${customer.status === 'active' && html`· ${ending(one)}`}
      ${one.external_id && html` · <code>${one.external_id}</code>`}</p>
    ${
      customer.status === 'active' &&
      html`<div class="buttons">${subscriptionActions(one, catalogue).map(
        (action) =>
          html`<${ActionButton} key=${action.label} small of=${what} action=${action} basis=${basis} onDone=${onDone} />`,
      )}</div>`
    }
  </article>`;
}
