import type { ShownPlan } from '../../../../shared/catalogue/shown.ts';
import type { SubscriptionResource } from '../../../../shared/http/routes/resources.ts';
import { Badge, type Tone } from '../../parts/components/badge.ts';
import { html } from '../../parts/html.ts';
import { formatDay, formatDistance, formatNumber } from '../../parts/texts/format.ts';
import type { View } from '../data.ts';
import { texts } from '../texts/texts.ts';
import { featureName, nameOf } from '../words.ts';
import { Actions } from './actions.ts';

const TONES: Readonly<Record<SubscriptionResource['status'], Tone>> = {
  scheduled: 'info',
  active: 'good',
  grace: 'warning',
  suspended: 'bad',
  cancelled: 'neutral',
  expired: 'neutral',
};

/** What the customer has of each product: what runs, and else what ended last. */
export function Current({ view }: { readonly view: View }) {
  const { me, products } = view.account;
  return html`<section class="stack" aria-labelledby="plan-title">
    <h1 id="plan-title" tabindex="-1">${me.subscriptions.length > 1 ? texts.plan.titles : texts.plan.title}</h1>
    ${me.subscriptions.length === 0 && html`<div class="card empty-card"><h2>${texts.plan.none}</h2><p class="soft">${texts.plan.noneLead}</p></div>`}
    ${me.subscriptions.map(
      (one) =>
        html`<${Card} key=${one.subscription_id} view=${view} subscription=${one} isNamed=${products.length > 1} />`,
    )}
  </section>`;
}

function when({ status, start_date: start, end_date: end, cancelled_by: by }: SubscriptionResource): string {
  const [day, distance] = [formatDay(end), formatDistance(end)];
  switch (status) {
    case 'scheduled':
      return texts.plan.starts(formatDay(start));
    case 'active':
      return texts.plan.runsUntil(day, distance);
    case 'grace':
      return texts.plan.grace(day);
    case 'suspended':
      return texts.plan.suspended;
    case 'cancelled':
      if (by === 'staff') return `${texts.plan.endsOn(day, distance)}. ${texts.plan.byStaff}`;
      return Date.parse(end) > Date.now() ? texts.plan.endsOn(day, distance) : texts.plan.ended(day);
    case 'expired':
      return texts.plan.ended(day);
    default:
      return status satisfies never;
  }
}

/** Whether the free plan's features are left once it is over. */
const endsInFree = ({ trial, status }: SubscriptionResource, plan: ShownPlan | undefined): boolean =>
  plan?.on_expiry === 'downgrade' &&
  plan.plan !== 'free' &&
  (status === 'cancelled' || (trial && status === 'active'));

interface CardProps {
  readonly view: View;
  readonly subscription: SubscriptionResource;
  readonly isNamed: boolean;
}

function Card({ view, subscription, isNamed }: CardProps) {
  const { account } = view;
  const plans = account.products.find(({ product }) => product === subscription.product)?.plans ?? [];
  const plan = plans.find((one) => one.plan === subscription.plan_type);
  const limit = plan && plan.max_clients * subscription.quantity;
  const used = account.licenses.filter(
    ({ status, product }) => status === 'active' && product === subscription.product,
  ).length;
  const title = [
    subscription.quantity > 1 && texts.plan.quantity(subscription.quantity),
    nameOf(subscription.plan_type),
  ]
    .filter(Boolean)
    .join(' ');
  return html`<article class="card plan-card">
    <div class="head">
      <div>
        ${isNamed && html`<p class="eyebrow">${nameOf(subscription.product)}</p>`}
        <h2 class="plan-name">${title}
          ${subscription.trial && html` <${Badge} tone="info">${texts.plan.trial}<//>`}
          ${' '}<${Badge} tone=${TONES[subscription.status]}>${texts.plan.statuses[subscription.status]}<//>
        </h2>
        <p class="soft">${when(subscription)}</p>
        ${endsInFree(subscription, plan) && html`<p class="soft">${texts.plan.free}</p>`}
      </div>
      <${Actions} view=${view} subscription=${subscription} holding=${{ subscriptions: account.subscriptions, product: subscription.product, plans }} />
    </div>
    ${
      limit !== undefined &&
      html`<div class="usage">
      <span id=${`used-${subscription.subscription_id}`}>${texts.plan.used(`${formatNumber(used)}${account.isCut ? '+' : ''}`, formatNumber(limit), limit === 1)}</span>
      <progress max=${limit} value=${Math.min(used, limit)} aria-labelledby=${`used-${subscription.subscription_id}`}></progress>
    </div>`
    }
    ${plan && plan.entitlements.length > 0 && html`<ul class="chips">${plan.entitlements.map((one) => html`<li key=${one}>${featureName(one)}</li>`)}</ul>`}
  </article>`;
}
