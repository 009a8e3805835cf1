import { DAY_MS } from '../../../shared/calendar.ts';
import { type Plan, resolvePlan, resolveProduct } from '../../../shared/catalogue/catalogue.ts';
import type { Terms } from '../../../shared/events/schemas/terms.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { timeOfUuidv7 } from '../../../shared/ids.ts';
import {
  isCurrentAt,
  type Side,
  type SubscriptionFacts,
  takesItsPlace,
} from '../../../shared/subscription-status.ts';
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
import { type StartSubscription, unchanged } from './commands.ts';
import { dates } from './period.ts';
import { type Subscriptions, startedUnder } from './state.ts';

/** What a start would make: a plan of a product with its dates, checked against the catalogue and against who asks. */
interface Offer {
  readonly product: string;
  readonly trial: boolean;
  readonly terms: Terms;
  /** Most clients that may be active at once. */
  readonly limit: number;
  readonly facts: SubscriptionFacts;
}

/** Started under this external id before: that subscription, whatever has become of it. */
export function startedBefore(
  subscriptions: Subscriptions,
  { externalId, product, plan }: StartSubscription,
): Decision | undefined {
  const before = externalId === undefined ? undefined : startedUnder(subscriptions, externalId);
  if (!before) return undefined;
  return before.product === (product ?? before.product) && before.startedPlan === plan
    ? unchanged(before)
    : rejected({ code: 'external_id_taken' });
}

/** What begins now and was reserved a moment ago began then: the time of the reserved id is the start date. */
const beginningNow = ({ subscriptionId }: StartSubscription, now: number): number =>
  (subscriptionId === undefined ? undefined : timeOfUuidv7(subscriptionId)) ?? now;

/** A trial begins now and is as long as the catalogue says; anything else has the dates that were asked for. */
function datesOf(command: StartSubscription, { plan, trialDays }: Plan, now: number) {
  const { trial, period } = command;
  const from = beginningNow(command, now);
  if (!trial && period && 'months' in period) return dates(period, from);
  if (!trial) return period ? dates(period, now) : invalid('months', 'required');
  if (period)
    return invalid('months' in period ? 'months' : 'start_date', 'a trial has the length of the catalogue');
  return trialDays === null
    ? invalid('trial', `the plan "${plan}" has no trial`)
    : { startDate: from, endDate: from + trialDays * DAY_MS };
}

/** What makes it staff's to start. */
function isStaffs(
  offer: { readonly isCustomers: boolean; readonly quantity: number; readonly startDate: number },
  now: number,
): 'plan' | 'quantity' | 'start_date' | undefined {
  if (!offer.isCustomers) return 'plan';
  if (offer.quantity !== 1) return 'quantity';
  return offer.startDate < now ? 'start_date' : undefined;
}

/** A plan as a customer or staff would start it; or why not. */
function offerFor(command: StartSubscription, { now, by, catalogue }: Context): Offer | Rejection {
  const product = resolveProduct(catalogue, command.product);
  if (!product.found) return invalid('product', product.detail);
  const plan = resolvePlan(product.found, command.plan);
  if (!plan.found) return invalid('plan', plan.detail);
  const { startedBy, terms } = plan.found;
  const given = datesOf(command, plan.found, now);
  if (isRejection(given)) return given;
  const { plan: name, quantity, trial } = command;
  const staffs = isStaffs(
    { isCustomers: startedBy === 'customer' || trial, quantity, ...given },
    beginningNow(command, now),
  );
  if (by === 'user' && staffs) return { code: 'plan_not_self_service', plan: name, because: staffs };
  const facts = { ...given, graceDays: terms.graceDays, suspended: false, cancelled: false };
  return { product: product.found.product, trial, terms, limit: terms.maxClients * quantity, facts };
}

/** Whether staff's start of another plan ends it: they need not cancel a trial, or what the customer started. */
const givesWay = (before: Subscription, by: Side): boolean =>
  by === 'staff' && (before.trial || before.startedBy === 'user');

/** Why the offer can't be started beside what the user has. */
function obstacle(
  { byId, counting }: Subscriptions,
  { product, trial, facts, limit }: Offer,
  active: number,
  { now, by }: Context,
): Rejection | undefined {
  const before = counting.get(product);
  const takesPlace = takesItsPlace(before, facts, now);
  if (before?.suspended && takesPlace) return { code: 'subscription_suspended', subscription: before };
  if (trial && byId.values().some((earlier) => earlier.trial && earlier.product === product))
    return { code: 'trial_used' };
  const stands = before && isCurrentAt(before, now) && !givesWay(before, by);
  if (stands && isCurrentAt(facts, now)) return { code: 'subscription_exists', subscription: before };
  return takesPlace && limit < active ? { code: 'too_many_clients', limit, active } : undefined;
}

const started = (
  command: StartSubscription,
  { product, terms, facts }: Offer,
  userId: string,
  newId: Context['newId'],
) =>
  ({
    type: 'SubscriptionStarted',
    data: {
      userId,
      // The id's time is the start date, so that a look-up by id alone can name the year's partition.
      subscriptionId: command.subscriptionId ?? newId(facts.startDate),
      product,
      plan: command.plan,
      terms,
      quantity: command.quantity,
      trial: command.trial,
      startDate: instant(facts.startDate),
      endDate: instant(facts.endDate),
      ...(command.externalId === undefined ? {} : { externalId: command.externalId }),
    },
  }) as const;

const ended = ({ subscriptionId, endDate }: Subscription, userId: string, now: number) =>
  ({
    type: 'SubscriptionCancelled',
    data: { userId, subscriptionId, endDate: instant(Math.min(now, endDate)), personal: {} },
  }) as const;

/**
 * One current subscription a product, with room for the clients that are active. Staff's start takes the place of a
 * trial, or of a plan that the customer started, at once and in the same append. They may enter what is over already,
 * which takes no place unless it ended last. A suspension is lifted by neither: it stands until staff reinstate it.
 */
export function start(
  subscriptions: Subscriptions,
  command: StartSubscription,
  { userId, activeClients }: { readonly userId: string; readonly activeClients: (product: string) => number },
  context: Context,
): Decision {
  const { now, by, newId } = context;
  if (command.externalId !== undefined && by === 'user')
    return rejected(invalid('external_id', 'only staff give one'));
  const earlier = startedBefore(subscriptions, command);
  if (earlier) return earlier;
  const offer = offerFor(command, context);
  if (isRejection(offer)) return rejected(offer);
  const refusal = obstacle(subscriptions, offer, activeClients(offer.product), context);
  if (refusal) return rejected(refusal);
  const event = started(command, offer, userId, newId);
  const before = subscriptions.counting.get(offer.product);
  const replaces = before && isCurrentAt(before, now) && isCurrentAt(offer.facts, now);
  return replaces ? accepted<NewUserEvent>(ended(before, userId, now), event) : accepted(event);
}
