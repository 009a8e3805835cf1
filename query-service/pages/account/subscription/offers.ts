import type { ShownPlan } from '../../../../shared/catalogue/shown.ts';
import type { SubscriptionResource } from '../../../../shared/http/routes/resources.ts';

/** What a customer can do about a plan, by themselves, as things stand. */
export type Offer =
  | { readonly kind: 'current' }
  | { readonly kind: 'start'; readonly months: number }
  /** The subscription goes on with this plan's terms. */
  | { readonly kind: 'change'; readonly subscription: SubscriptionResource }
  /** With `instead`, that subscription has to end first: a customer has one of each product. */
  | { readonly kind: 'trial'; readonly days: number; readonly instead?: Instead }
  /** Started by the seller's staff. */
  | { readonly kind: 'seller' }
  /** The customer's own again once what they have is over. */
  | { readonly kind: 'later' }
  /** Nothing of the product starts while it is suspended. */
  | { readonly kind: 'suspended' };

/** A subscription of the customer's own, and for how long it can be started again. */
export interface Instead {
  readonly subscription: SubscriptionResource;
  readonly months: number;
}

/** A plan of the customer's own that has no price is started for so long. */
const MONTHS = 12;
/** Renewing is offered from so many days before the end. */
const RENEW_AHEAD_DAYS = 60;
const DAY_MS = 86_400_000;

/** Whether the subscription still counts as the one of its product, its grace included. */
export function isCurrent({ status, end_date }: SubscriptionResource, now: number): boolean {
  if (status === 'cancelled') return Date.parse(end_date) > now;
  return status !== 'expired';
}

export const currentOf = (
  subscriptions: readonly SubscriptionResource[],
  product: string,
  now: number,
): SubscriptionResource | undefined =>
  subscriptions.find((one) => one.product === product && isCurrent(one, now));

export interface Holding {
  /** All of the customer's subscriptions, those that are over too. */
  readonly subscriptions: readonly SubscriptionResource[];
  readonly product: string;
  readonly plans: readonly ShownPlan[];
}

const monthsOf = (plan: ShownPlan | undefined): number => plan?.price?.months ?? MONTHS;

const isCustomers = (plans: readonly ShownPlan[], name: string): boolean =>
  plans.some(({ plan, started_by }) => plan === name && started_by === 'customer');

/** One subscription that the customer started and may end: a plan of the customer's own, not a trial. */
const ownPlan = (holding: Holding, current: SubscriptionResource): boolean =>
  !current.trial &&
  current.quantity === 1 &&
  current.cancelled_by !== 'staff' &&
  isCustomers(holding.plans, current.plan_type);

const insteadOf = (subscription: SubscriptionResource, plans: readonly ShownPlan[]): Instead => ({
  subscription,
  months: monthsOf(plans.find(({ plan }) => plan === subscription.plan_type)),
});

/** What the server would let the customer do; it decides again. (A trial may have been used under the email, too.) */
export function offerOf(holding: Holding, plan: ShownPlan, now: number): Offer {
  const { subscriptions, product, plans } = holding;
  const current = currentOf(subscriptions, product, now);
  if (current?.status === 'suspended') return { kind: 'suspended' };
  if (current?.plan_type === plan.plan && current.status !== 'cancelled') return { kind: 'current' };
  const tried = subscriptions.some((one) => one.product === product && one.trial);
  if (plan.trial_days !== null && !tried) {
    const days = plan.trial_days;
    if (!current) return { kind: 'trial', days };
    if (ownPlan(holding, current)) return { kind: 'trial', days, instead: insteadOf(current, plans) };
  }
  if (plan.started_by !== 'customer') return { kind: 'seller' };
  if (!current) return { kind: 'start', months: monthsOf(plan) };
  const changes =
    current.status !== 'cancelled' && ownPlan(holding, current) && isCustomers(plans, plan.plan);
  return changes ? { kind: 'change', subscription: current } : { kind: 'later' };
}

/** What a customer can do about the subscription that they have. */
export interface Possible {
  readonly cancel: boolean;
  readonly uncancel: boolean;
  readonly renewMonths: number | undefined;
}

export function possibleFor(holding: Holding, current: SubscriptionResource, now: number): Possible {
  const { status, cancelled_by: cancelledBy, end_date: end } = current;
  const running = status === 'active' || status === 'grace' || status === 'scheduled';
  const plan = holding.plans.find((one) => one.plan === current.plan_type);
  const renewable =
    running &&
    status !== 'scheduled' &&
    ownPlan(holding, current) &&
    Date.parse(end) - now < RENEW_AHEAD_DAYS * DAY_MS;
  return {
    cancel: running || (status === 'suspended' && cancelledBy === null),
    uncancel: status === 'cancelled' && cancelledBy === 'user' && Date.parse(end) > now,
    renewMonths: renewable ? monthsOf(plan) : undefined,
  };
}
