import type { UserEvent } from '../../../shared/events/types.ts';
import type { Rows } from '../../../shared/read-model/fold/apply.ts';
import { timeOf } from '../../../shared/read-model/fold/event.ts';
import type { SubscriptionEvent } from '../../../shared/read-model/fold/subscription.ts';
import type { DecodedEvent } from '../../write/decode.ts';
import { isShown } from '../intervals/subscription.ts';
import type { Wanted } from './subscription-states.ts';

/** What of the tables has to be read before the events of a batch are taken in: of most nothing has. */
export interface WantedStates {
  /**
   * Subscriptions of which an event may count from an earlier date than its own time, or has the very time of the event
   * before it: what held just before then follows from no row of the fold.
   */
  readonly subscriptions: readonly Wanted[];
  /** Customers who are erased, and the earliest instant from which on something of theirs may change. */
  readonly erased: ReadonlyMap<string, number>;
}

/** @param rows as they are before the events */
export function wantedStates(events: readonly DecodedEvent[], rows: Rows): WantedStates {
  const times = new Map<string, number>();
  const subscriptions = new Map<string, Wanted & { readonly end: number; readonly isBack: boolean }>();
  const erased = new Map<string, number>();
  for (const decoded of events) {
    const { userId, recorded } = decoded;
    const { event } = recorded;
    const begin = rows.user(userId)?.updatedAt ?? 0;
    const at = timeOf(decoded, { updatedAt: times.get(userId) ?? begin });
    times.set(userId, at);
    if (event.type === 'UserErased') erased.set(userId, begin);
    if (!isSubscriptionEvent(event) || !isShown(event)) continue;
    const { subscriptionId } = event.data;
    const stored = rows.subscription(subscriptionId);
    // What the batch itself starts is not there to be read.
    if (!stored) continue;
    const so = subscriptions.get(subscriptionId) ?? {
      from: begin,
      end: stored.endDate,
      isBack: at === begin,
    };
    // Of a renewal the end that it moves; a change of the same batch may have moved it to where it says.
    const end = 'endDate' in event.data ? Math.min(so.end, Date.parse(event.data.endDate)) : so.end;
    const from = 'endDate' in event.data ? Math.min(at, end) : at;
    subscriptions.set(subscriptionId, {
      ...{ userId, subscriptionId, end },
      from: Math.min(so.from, from),
      isBack: so.isBack || from < at,
    });
  }
  return {
    subscriptions: subscriptions
      .values()
      .filter(({ isBack }) => isBack)
      .toArray(),
    erased,
  };
}

/**
 * The same where more events will come, which may reach back to any date.
 * @param stored subscriptions that stand in the tables and of which nothing was read so far
 */
export function wantedWhole(
  events: readonly DecodedEvent[],
  stored: ReadonlyMap<string, { readonly userId: string }>,
): WantedStates {
  const from = Number.NEGATIVE_INFINITY;
  const subscriptions = new Map<string, Wanted>();
  const erased = new Map<string, number>();
  for (const { userId, recorded } of events) {
    const { event } = recorded;
    if (event.type === 'UserErased') erased.set(userId, from);
    if (!isSubscriptionEvent(event) || !isShown(event)) continue;
    const { subscriptionId } = event.data;
    if (stored.has(subscriptionId)) subscriptions.set(subscriptionId, { userId, subscriptionId, from });
  }
  return { subscriptions: [...subscriptions.values()], erased };
}

export const isSubscriptionEvent = (event: UserEvent): event is SubscriptionEvent =>
  event.type.startsWith('Subscription');
