import {
  findPlan,
  type Plan,
  type Product,
  resolvePlan,
  resolveProduct,
} from '../../shared/catalogue/catalogue.ts';
import { isStaff } from '../../shared/events/metadata.ts';
import type { UserEvent } from '../../shared/events/types.ts';
import { cancelledByAfter, isCurrentAt, type Side } from '../../shared/subscription-status.ts';
import {
  accepted,
  type Context,
  type Decision,
  instant,
  nothing,
  type Rejection,
  rejected,
  withReason,
} from './decision.ts';
import type { Subscription } from './entities.ts';
import { dates, type Extension, extendedEnd, invalid, isRejection, type Period } from './period.ts';

// ---- state ----

export interface Subscriptions {
  readonly byId: Map<string, Subscription>;
  /**
   * The one started last. It is the one that counts for the user's licenses, current or not: another can start only
   * when this one is over, must end ahead of that moment, and what is over is never extended.
   */
  last: Subscription | undefined;
}

export const noSubscriptions = (): Subscriptions => ({ byId: new Map(), last: undefined });

/** A suspended one, if there is any: a suspension stands until staff reinstate it, also past the end date. */
export const suspendedOf = ({ byId }: Subscriptions): Subscription | undefined =>
  byId.values().find(({ suspended }) => suspended);

// ---- fold ----

export type SubscriptionEvent = Extract<UserEvent, { type: `Subscription${string}` }>;

const changed = (before: Subscription, event: SubscriptionEvent, by: Side, at: number): Subscription => {
  switch (event.type) {
    case 'SubscriptionStarted':
      return before;
    case 'SubscriptionRenewed':
      return {
        ...before,
        endDate: Date.parse(event.data.endDate),
        cancelled: false,
        cancelledBy: null,
        updatedAt: at,
      };
    case 'SubscriptionPlanChanged': {
      const { plan, terms, quantity } = event.data;
      return { ...before, plan, terms, quantity, graceDays: terms.graceDays, updatedAt: at };
    }
    case 'SubscriptionSuspended':
      return { ...before, suspended: true, updatedAt: at };
    case 'SubscriptionReinstated':
      return { ...before, suspended: false, updatedAt: at };
    case 'SubscriptionCancelled':
      return {
        ...before,
        endDate: Date.parse(event.data.endDate),
        cancelled: true,
        cancelledBy: cancelledByAfter(before.cancelledBy, by),
        updatedAt: at,
      };
    case 'SubscriptionCancellationWithdrawn':
      return { ...before, cancelled: false, cancelledBy: null, updatedAt: at };
    default:
      return event satisfies never;
  }
};

const started = (
  event: Extract<SubscriptionEvent, { type: 'SubscriptionStarted' }>,
  at: number,
): Subscription => ({
  subscriptionId: event.data.subscriptionId,
  product: event.data.product,
  plan: event.data.plan,
  terms: event.data.terms,
  quantity: event.data.quantity,
  trial: event.data.trial,
  startDate: Date.parse(event.data.startDate),
  endDate: Date.parse(event.data.endDate),
  graceDays: event.data.terms.graceDays,
  suspended: false,
  cancelled: false,
  cancelledBy: null,
  ...(event.data.externalId === undefined ? {} : { externalId: event.data.externalId }),
  createdAt: at,
  updatedAt: at,
});

/** Applies an event in place and returns the subscription it left; undefined if it names an unknown one. */
export function foldSubscription(
  subscriptions: Subscriptions,
  event: SubscriptionEvent,
  by: Side,
  at: number,
): Subscription | undefined {
  const before = subscriptions.byId.get(event.data.subscriptionId);
  const isStart = event.type === 'SubscriptionStarted';
  const after = isStart ? started(event, at) : before && changed(before, event, by, at);
  if (!after) return undefined;
  subscriptions.byId.set(after.subscriptionId, after);
  if (isStart || subscriptions.last === before) subscriptions.last = after;
  return after;
}

// ---- decisions ----

interface OfSubscription {
  readonly subscriptionId: string;
}

interface WithReason extends OfSubscription {
  readonly reason?: string | undefined;
}

export type SubscriptionCommand =
  | {
      readonly type: 'StartSubscription';
      /** Need not be named while there is one. */
      readonly product?: string | undefined;
      readonly plan: string;
      readonly period: Period;
      readonly externalId?: string | undefined;
    }
  | (OfSubscription & {
      readonly type: 'RenewSubscription';
      readonly period: Extension;
    })
  | (OfSubscription & { readonly type: 'ChangePlan'; readonly plan: string })
  | (WithReason & { readonly type: 'CancelSubscription'; readonly immediately: boolean })
  | (WithReason & { readonly type: 'SuspendSubscription' })
  | (WithReason & { readonly type: 'ReinstateSubscription' });

type SubscriptionCommandOf<T extends SubscriptionCommand['type']> = Extract<SubscriptionCommand, { type: T }>;

/** The state asked for already holds: the subscription as it is. */
const unchanged = (subscription: Subscription) => nothing({ kind: 'subscription', subscription });

/** The product's plan as it is now, if it exists and the role may start it or change to it. */
function planFor(product: Product, plan: string, { role }: Context): Plan | Rejection {
  const { found, detail } = resolvePlan(product, plan);
  if (!found) return invalid('plan', detail);
  return found.startedBy === 'staff' && !isStaff(role) ? { code: 'forbidden_plan', plan } : found;
}

/**
 * One current subscription at a time; a plan that has room for the clients that are active. An earlier suspended
 * subscription that is over is no obstacle.
 */
export function start(
  subscriptions: Subscriptions,
  command: SubscriptionCommandOf<'StartSubscription'>,
  user: { readonly userId: string; readonly activeClients: number },
  context: Context,
): Decision {
  const period = dates(command.period, context.now);
  if (isRejection(period)) return rejected(period);
  const { found: product, detail } = resolveProduct(context.catalogue, command.product);
  if (!product) return rejected(invalid('product', detail));
  const plan = planFor(product, command.plan, context);
  if (isRejection(plan)) return rejected(plan);
  const { terms } = plan;
  const last = subscriptions.last;
  if (last && isCurrentAt(last, context.now))
    return rejected({ code: 'subscription_exists', subscription: last });
  const { userId, activeClients: active } = user;
  if (terms.maxClients < active)
    return rejected({ code: 'too_many_clients', limit: terms.maxClients, active });
  return accepted({
    type: 'SubscriptionStarted',
    data: {
      userId,
      // The id's time is the start date, so that a look-up by id alone can name the year's partition.
      subscriptionId: context.newId(period.startDate),
      product: product.product,
      plan: command.plan,
      terms,
      quantity: 1,
      trial: false,
      startDate: instant(period.startDate),
      endDate: instant(period.endDate),
      ...(command.externalId === undefined ? {} : { externalId: command.externalId }),
    },
  });
}

/**
 * Extends from the end date, also within the grace, and takes back a cancellation whose end is still ahead. The
 * terms stay those of the subscription. A customer renews only plans that customers may start now.
 */
export function renew(
  before: Subscription,
  command: SubscriptionCommandOf<'RenewSubscription'>,
  userId: string,
  context: Context,
): Decision {
  const selfService = findPlan(context.catalogue, before.product, before.plan)?.startedBy === 'customer';
  if (!selfService && !isStaff(context.role)) return rejected({ code: 'forbidden_plan', plan: before.plan });
  if (!isCurrentAt(before, context.now))
    return rejected({ code: 'subscription_ended', subscription: before });
  const endDate = extendedEnd(before, command.period);
  if (typeof endDate !== 'number') return rejected(endDate);
  if (endDate === before.endDate && !before.cancelled) return unchanged(before);
  return accepted({
    type: 'SubscriptionRenewed',
    data: { userId, subscriptionId: before.subscriptionId, endDate: instant(endDate) },
  });
}

/**
 * Changes to the plan's terms of today, from now on; dates, suspension and cancellation stay. A customer changes
 * only between plans that customers may start. The plan it has already is no change, also if the catalogue's terms
 * are others today.
 */
export function changePlan(
  before: Subscription,
  command: SubscriptionCommandOf<'ChangePlan'>,
  user: { readonly userId: string; readonly activeClients: number },
  context: Context,
): Decision {
  const { found: product, detail } = resolveProduct(context.catalogue, before.product);
  if (!product) return rejected(invalid('plan', detail));
  const plan = planFor(product, command.plan, context);
  if (isRejection(plan)) return rejected(plan);
  const { terms } = plan;
  const selfService = findPlan(context.catalogue, before.product, before.plan)?.startedBy === 'customer';
  if (!selfService && !isStaff(context.role)) return rejected({ code: 'forbidden_plan', plan: before.plan });
  if (!isCurrentAt(before, context.now))
    return rejected({ code: 'subscription_ended', subscription: before });
  if (before.plan === command.plan) return unchanged(before);
  const { userId, activeClients: active } = user;
  if (terms.maxClients < active)
    return rejected({ code: 'too_many_clients', limit: terms.maxClients, active });
  const { subscriptionId } = before;
  return accepted({
    type: 'SubscriptionPlanChanged',
    data: {
      userId,
      subscriptionId,
      product: before.product,
      plan: command.plan,
      terms,
      quantity: before.quantity,
    },
  });
}

/**
 * Ends the subscription at its end date, or now. Within the grace that gives up the rest of the grace. A customer
 * can't end a suspended subscription at once: a new one right after it would escape the suspension.
 */
export function cancel(
  before: Subscription,
  command: SubscriptionCommandOf<'CancelSubscription'>,
  userId: string,
  context: Context,
): Decision {
  const endDate = command.immediately ? Math.min(context.now, before.endDate) : before.endDate;
  if (before.cancelled && endDate === before.endDate) return unchanged(before);
  if (!isCurrentAt(before, context.now)) {
    return before.cancelled
      ? unchanged(before)
      : rejected({ code: 'subscription_ended', subscription: before });
  }
  if (command.immediately && before.suspended && !isStaff(context.role))
    return rejected({ code: 'subscription_suspended', subscription: before });
  const { subscriptionId } = before;
  return accepted({
    type: 'SubscriptionCancelled',
    data: { userId, subscriptionId, endDate: instant(endDate), personal: withReason(command.reason) },
  });
}

/** Suspends what is current, also before its start. */
export function suspend(
  before: Subscription,
  command: SubscriptionCommandOf<'SuspendSubscription'>,
  userId: string,
  context: Context,
): Decision {
  if (before.suspended) return unchanged(before);
  if (!isCurrentAt(before, context.now))
    return rejected({ code: 'subscription_ended', subscription: before });
  const { subscriptionId } = before;
  return accepted({
    type: 'SubscriptionSuspended',
    data: { userId, subscriptionId, personal: withReason(command.reason) },
  });
}

/**
 * Takes back a suspension, also of a subscription that is over: a suspension outlasts the end date. It takes back
 * nothing else: of one that is cancelled or over and not suspended that is said, or staff would take it for done.
 */
export function reinstate(
  before: Subscription,
  command: SubscriptionCommandOf<'ReinstateSubscription'>,
  userId: string,
  context: Context,
): Decision {
  if (!before.suspended) {
    const running = !before.cancelled && isCurrentAt(before, context.now);
    return running ? unchanged(before) : rejected({ code: 'subscription_ended', subscription: before });
  }
  const { subscriptionId } = before;
  return accepted({
    type: 'SubscriptionReinstated',
    data: { userId, subscriptionId, personal: withReason(command.reason) },
  });
}
