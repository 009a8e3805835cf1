import { findPlan, resolvePlan, resolveProduct } from '../../../shared/catalogue/catalogue.ts';
import type { Terms } from '../../../shared/events/schemas/terms.ts';
import { isCurrentAt } from '../../../shared/subscription-status.ts';
import {
  accepted,
  type Context,
  type Decision,
  instant,
  invalid,
  isRejection,
  type Rejection,
  rejected,
} from '../decision.ts';
import type { Subscription } from '../entities.ts';
import { type Subscriber, type SubscriptionCommandOf, unchanged } from './commands.ts';
import { extendedEnd } from './period.ts';

/** Whether customers start the plan themselves now. */
const isCustomers = (product: string, plan: string, { catalogue }: Context): boolean =>
  findPlan(catalogue, product, plan)?.startedBy === 'customer';

/** Why a customer may not extend or change it: it is staff's, by its plan, its quantity, or a suspension. */
function refusedToCustomer(before: Subscription, context: Context): Rejection | undefined {
  if (context.by === 'staff') return undefined;
  const { product, plan, quantity, trial } = before;
  if (trial || !isCustomers(product, plan, context))
    return { code: 'plan_not_self_service', plan, because: 'plan' };
  if (quantity !== 1) return { code: 'plan_not_self_service', plan, because: 'quantity' };
  return before.suspended ? { code: 'subscription_suspended', subscription: before } : undefined;
}

/** The plan's terms of today; as they are where it stays the same one, which need not be sold any longer. */
function termsFor(before: Subscription, plan: string, { catalogue }: Context): Terms | Rejection {
  if (plan === before.plan) return before.terms;
  const product = resolveProduct(catalogue, before.product);
  const resolved = product.found ? resolvePlan(product.found, plan) : product;
  return resolved.found ? resolved.found.terms : invalid('plan', resolved.detail);
}

/**
 * Extends from the end date, also within the grace; the terms stay those of the subscription. To an end date that it
 * has reached already there is nothing to do, whatever has become of it since: so it may be repeated for ever.
 */
export function renew(
  before: Subscription,
  { period }: SubscriptionCommandOf<'RenewSubscription'>,
  userId: string,
  context: Context,
): Decision {
  const { now } = context;
  const refusal = refusedToCustomer(before, context);
  if (refusal) return rejected(refusal);
  if ('endDate' in period && period.endDate <= before.endDate) return unchanged(before);
  if (!isCurrentAt(before, now)) return rejected({ code: 'subscription_ended', subscription: before });
  if (before.cancelled) return rejected({ code: 'subscription_cancelled', subscription: before });
  const endDate = extendedEnd(before, period, now);
  if (typeof endDate !== 'number') return rejected(endDate);
  const { subscriptionId } = before;
  return accepted({
    type: 'SubscriptionRenewed',
    data: { userId, subscriptionId, endDate: instant(endDate) },
  });
}

/**
 * Changes to the plan's terms of today, or another quantity of the plan it has, whose terms then stay as they are; from
 * now on. Dates, suspension and cancellation stay, and a trial is one still.
 */
export function changePlan(
  before: Subscription,
  command: SubscriptionCommandOf<'ChangePlan'>,
  { userId, activeClients: active }: Subscriber,
  context: Context,
): Decision {
  const { plan, quantity = before.quantity } = command;
  const refusal = refusedToCustomer(before, context);
  if (refusal) return rejected(refusal);
  const terms = termsFor(before, plan, context);
  if (isRejection(terms)) return rejected(terms);
  if (context.by === 'user' && !isCustomers(before.product, plan, context))
    return rejected({ code: 'plan_not_self_service', plan, because: 'plan' });
  if (context.by === 'user' && quantity !== 1)
    return rejected({ code: 'plan_not_self_service', plan, because: 'quantity' });
  if (!isCurrentAt(before, context.now))
    return rejected({ code: 'subscription_ended', subscription: before });
  if (plan === before.plan && quantity === before.quantity) return unchanged(before);
  if (context.by === 'user' && before.cancelledBy === 'staff')
    return rejected({ code: 'cancelled_by_staff', subscription: before });
  const limit = terms.maxClients * quantity;
  if (limit < active) return rejected({ code: 'too_many_clients', limit, active });
  const { subscriptionId, product } = before;
  return accepted({
    type: 'SubscriptionPlanChanged',
    data: { userId, subscriptionId, product, plan, terms, quantity },
  });
}
