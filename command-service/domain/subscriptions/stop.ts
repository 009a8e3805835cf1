import { isCurrentAt } from '../../../shared/subscription-status.ts';
import { accepted, type Context, type Decision, instant, rejected, withReason } from '../decision.ts';
import type { Subscription } from '../entities.ts';
import { type SubscriptionCommandOf, unchanged } from './commands.ts';

/**
 * Ends the subscription at its end date, or now; within the grace that gives up the rest of it. What the customer
 * cancelled staff can make theirs, so that the customer can't withdraw it any more.
 */
export function cancel(
  before: Subscription,
  command: SubscriptionCommandOf<'CancelSubscription'>,
  userId: string,
  { now, by }: Context,
): Decision {
  const { subscriptionId, cancelled, cancelledBy } = before;
  if (!isCurrentAt(before, now))
    return cancelled ? unchanged(before) : rejected({ code: 'subscription_ended', subscription: before });
  const endDate = command.immediately ? Math.min(now, before.endDate) : before.endDate;
  const becomesStaffs = by === 'staff' && cancelledBy === 'user';
  if (cancelled && endDate === before.endDate && !becomesStaffs) return unchanged(before);
  return accepted({
    type: 'SubscriptionCancelled',
    data: { userId, subscriptionId, endDate: instant(endDate), personal: withReason(command.reason) },
  });
}

/** Takes back a cancellation whose end has not come: staff's is for staff alone, and so is what they suspended. */
export function withdrawCancellation(before: Subscription, userId: string, { now, by }: Context): Decision {
  if (!before.cancelled) return unchanged(before);
  if (!isCurrentAt(before, now)) return rejected({ code: 'subscription_ended', subscription: before });
  if (by === 'user' && before.cancelledBy === 'staff')
    return rejected({ code: 'cancelled_by_staff', subscription: before });
  if (by === 'user' && before.suspended)
    return rejected({ code: 'subscription_suspended', subscription: before });
  const { subscriptionId } = before;
  return accepted({ type: 'SubscriptionCancellationWithdrawn', data: { userId, subscriptionId } });
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
