import { addMonths, extendByMonths } from '../../shared/calendar.ts';
import type { Terms } from '../../shared/events/terms.ts';
import { isCurrentAt } from '../../shared/subscription-status.ts';
import { accepted, type Context, type Decision, instant, type Rejection, rejected } from './decision.ts';
import type { Subscription } from './records.ts';
import { type Period, type SubscriptionCommandOf, type Subscriptions, show } from './subscription.ts';

// What a customer gets and for how long: starting, renewing and changing the plan. No state of its own.

/** The latest end date: with a year of grace behind it, a date still has four digits of year. */
export const LATEST_END = Date.UTC(9999, 0, 1) - 1;
/** How far back a start date may lie (billing systems enter what was sold before), in months. */
const EARLIEST_START_MONTHS = 120;
/** How far ahead a start date may lie, in months. */
const LATEST_START_MONTHS = 12;
const MAX_MONTHS = 120;

const invalid = (field: string, detail: string): Rejection => ({ code: 'invalid_field', field, detail });

const monthsProblem = (months: number): Rejection | undefined =>
  Number.isInteger(months) && months >= 1 && months <= MAX_MONTHS
    ? undefined
    : invalid('months', `expected a whole number from 1 to ${MAX_MONTHS}`);

/** The dates of a new subscription, or what is wrong with them. It must end ahead: what is over can't be started. */
function dates(period: Period, now: number): { startDate: number; endDate: number } | Rejection {
  if ('months' in period) {
    return monthsProblem(period.months) ?? { startDate: now, endDate: addMonths(now, period.months) };
  }
  const { startDate, endDate } = period;
  if (startDate > addMonths(now, LATEST_START_MONTHS))
    return invalid('start_date', 'at most a year ahead is allowed');
  if (startDate < Math.max(0, addMonths(now, -EARLIEST_START_MONTHS)))
    return invalid('start_date', 'at most ten years back is allowed');
  if (endDate <= startDate) return invalid('end_date', 'expected a time after start_date');
  if (endDate <= now) return invalid('end_date', 'expected a time ahead');
  if (endDate > LATEST_END) return invalid('end_date', 'expected a time before the year 9999');
  return { startDate, endDate };
}

/** The plan's terms as they are now, if it exists and the role may start it or change to it. */
function termsFor(plan: string, context: Context): Terms | Rejection {
  const found = Object.hasOwn(context.plans, plan) ? context.plans[plan] : undefined;
  if (!found) return invalid('plan', 'no such plan');
  const { startedBy, ...terms } = found;
  return startedBy === 'operator' && context.role !== 'operator' ? { code: 'forbidden_plan', plan } : terms;
}

const isRejection = (value: object): value is Rejection => 'code' in value;

/**
 * One current subscription at a time; a plan that has room for the clients that are active. An earlier suspended
 * subscription that is over does not stand in the way.
 */
export function start(
  subscriptions: Subscriptions,
  command: SubscriptionCommandOf<'StartSubscription'>,
  user: { readonly userId: string; readonly activeClients: number },
  context: Context,
): Decision {
  const period = dates(command.period, context.now);
  if (isRejection(period)) return rejected(period);
  const terms = termsFor(command.plan, context);
  if (isRejection(terms)) return rejected(terms);
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
      plan: command.plan,
      terms,
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
  const selfService = context.plans[before.plan]?.startedBy === 'customer';
  if (!selfService && context.role !== 'operator')
    return rejected({ code: 'forbidden_plan', plan: before.plan });
  if (!isCurrentAt(before, context.now))
    return rejected({ code: 'subscription_ended', subscription: before });
  const { period } = command;
  const problem = 'months' in period ? monthsProblem(period.months) : undefined;
  if (problem) return rejected(problem);
  const endDate =
    'months' in period ? extendByMonths(before.startDate, before.endDate, period.months) : period.endDate;
  if (endDate < before.endDate) return rejected(invalid('end_date', 'expected no earlier than the end date'));
  if (endDate > LATEST_END) {
    return rejected(
      invalid('months' in period ? 'months' : 'end_date', 'expected an end before the year 9999'),
    );
  }
  if (endDate === before.endDate && !before.cancelled) return show(before);
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
  const terms = termsFor(command.plan, context);
  if (isRejection(terms)) return rejected(terms);
  const selfService = context.plans[before.plan]?.startedBy === 'customer';
  if (!selfService && context.role !== 'operator')
    return rejected({ code: 'forbidden_plan', plan: before.plan });
  if (!isCurrentAt(before, context.now))
    return rejected({ code: 'subscription_ended', subscription: before });
  if (before.plan === command.plan) return show(before);
  const { userId, activeClients: active } = user;
  if (terms.maxClients < active)
    return rejected({ code: 'too_many_clients', limit: terms.maxClients, active });
  const { subscriptionId } = before;
  return accepted({
    type: 'SubscriptionPlanChanged',
    data: { userId, subscriptionId, plan: command.plan, terms },
  });
}
