import { DAY_MS } from './calendar.ts';
import { graceUntil, type SubscriptionFacts } from './subscription-status.ts';

/** What was told of a subscription's end: that it ends within a week, within a day, that it has lapsed; or nothing yet. */
export type EndNotice = 'none' | 'week' | 'day' | 'lapsed';

/** How many days ahead an end is told of. */
export type DaysAhead = 7 | 1;

export const noticeOf = (days: DaysAhead): EndNotice => (days === 7 ? 'week' : 'day');

/** The subscription with that end: one that was moved is to be told of again. */
export const endsAt = <S extends { readonly endDate: number; readonly endNotice: EndNotice }>(
  subscription: S,
  endDate: number,
): S => (subscription.endDate === endDate ? subscription : { ...subscription, endDate, endNotice: 'none' });

/** What decides whether there is something to tell. Instants are milliseconds since 1970. */
export interface EndFacts extends SubscriptionFacts {
  readonly endNotice: EndNotice;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** That something is over is news for so long. What was entered or imported later than that is told to nobody. */
export const NEWS_FOR_MS = 7 * DAY_MS;

/**
 * What is to be told of a subscription's end at `now`, if anything. An end that is 7 days ahead is told of where the
 * subscription was longer than that; likewise one that is a day ahead. While it is suspended nothing is told: that it is
 * over is said once staff have lifted the suspension. `due` of projector and command service are one rule in two languages:
 * command-service/due/expiry/find.ts asks the same in SQL.
 */
export function noticeDue(subscription: EndFacts, now: number): Exclude<EndNotice, 'none'> | undefined {
  const { startDate, endDate, endNotice, createdAt, updatedAt, suspended } = subscription;
  if (suspended || endNotice === 'lapsed') return undefined;
  const isLongerThan = (days: number) => endDate - startDate > days * DAY_MS;
  if (now < endDate) {
    if (now >= endDate - DAY_MS) return endNotice !== 'day' && isLongerThan(1) ? 'day' : undefined;
    return now >= endDate - 7 * DAY_MS && endNotice === 'none' && isLongerThan(7) ? 'week' : undefined;
  }
  const over = graceUntil(subscription);
  // A change may end it in the past: it gives up the rest of the grace, or lifts a suspension.
  const since = updatedAt > createdAt ? Math.max(over, updatedAt) : over;
  return now >= over && now - since < NEWS_FOR_MS ? 'lapsed' : undefined;
}
