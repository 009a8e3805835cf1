import { DAY_MS } from './calendar.ts';
import { isStaff, type Role } from './events/metadata.ts';

/**
 * What of a subscription decides its status. Instants are milliseconds since 1970. `suspended` and `cancelled` are
 * two facts, not one: a suspended subscription that is then cancelled stays suspended, one that is reinstated after
 * a cancellation is cancelled again, and a renewal takes back the cancellation alone.
 */
export interface SubscriptionFacts {
  readonly startDate: number;
  /** The first instant not covered. */
  readonly endDate: number;
  readonly graceDays: number;
  readonly suspended: boolean;
  readonly cancelled: boolean;
}

export type SubscriptionStatus = 'scheduled' | 'active' | 'grace' | 'suspended' | 'cancelled' | 'expired';

/** The first instant at which the subscription is over, its grace included. A cancelled one has no grace. */
export const graceUntil = (subscription: Omit<SubscriptionFacts, 'startDate' | 'suspended'>): number =>
  subscription.cancelled ? subscription.endDate : subscription.endDate + subscription.graceDays * DAY_MS;

/** Whether its end plus grace is still ahead. One that has not started yet is current too. */
export const isCurrentAt = (subscription: SubscriptionFacts, now: number): boolean =>
  now < graceUntil(subscription);

/**
 * Whether it runs: it has started, is not over (its grace included), and no suspension stands. This is what counts as a
 * customer's subscription in figures. A cancelled one runs to its end date, whatever its status says.
 */
export const isRunningAt = (subscription: SubscriptionFacts, now: number): boolean =>
  !subscription.suspended && subscription.startDate <= now && isCurrentAt(subscription, now);

/**
 * The status that is shown. A suspension shows before everything else (as it does in a validation), then a
 * cancellation, also one whose end date is still ahead; the others follow from the dates alone.
 */
export function subscriptionStatusAt(subscription: SubscriptionFacts, now: number): SubscriptionStatus {
  if (subscription.suspended) return 'suspended';
  if (subscription.cancelled) return 'cancelled';
  if (now < subscription.startDate) return 'scheduled';
  if (now < subscription.endDate) return 'active';
  return now < graceUntil(subscription) ? 'grace' : 'expired';
}

/**
 * Whether a subscription that starts at `now` is from then on the one that counts for its product, in place of the one
 * that has counted so far: one that is current does; among those that are over, the one that ended last. (What was sold
 * before is entered after what is current: it must not take its place.)
 */
export const takesItsPlace = (
  before: SubscriptionFacts | undefined,
  started: SubscriptionFacts,
  now: number,
): boolean =>
  !before || isCurrentAt(started, now) || (!isCurrentAt(before, now) && started.endDate >= before.endDate);

/** On whose behalf something was done to a subscription or a license: by its user, or by the seller's staff. */
export type Side = 'user' | 'staff';

export const sideOf = (role: Role): Side => (isStaff(role) ? 'staff' : 'user');

/** Whose a cancellation is from now on. Staff's stays staff's: a customer can end it sooner, and not make it their own. */
export const cancelledByAfter = (before: Side | null, by: Side): Side => (before === 'staff' ? 'staff' : by);
