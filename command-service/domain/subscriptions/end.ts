import { noticeDue } from '../../../shared/subscription-end.ts';
import { accepted, type Context, type Decision, instant } from '../decision.ts';
import type { Subscription } from '../entities.ts';
import { unchanged } from './commands.ts';
import type { Subscriptions } from './state.ts';

/**
 * Tells of the end of a subscription that counts for its product, if that is due: of one that another has taken the place
 * of, nobody needs to know. Told once of each end, whoever asks how often.
 */
export function tellOfEnd(
  before: Subscription,
  { counting }: Subscriptions,
  userId: string,
  { now }: Context,
): Decision {
  const due = counting.get(before.product) === before ? noticeDue(before, now) : undefined;
  if (due === undefined) return unchanged(before);
  const data = { userId, subscriptionId: before.subscriptionId, endDate: instant(before.endDate) };
  if (due === 'lapsed') return accepted({ type: 'SubscriptionLapsed', data });
  return accepted({ type: 'SubscriptionEnding', data: { ...data, days: due === 'week' ? 7 : 1 } });
}
