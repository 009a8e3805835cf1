import type { UserEvent } from '../../../shared/events/types.ts';
import { endsAt, noticeOf } from '../../../shared/subscription-end.ts';
import { cancelledByAfter, type Side, takesItsPlace } from '../../../shared/subscription-status.ts';
import type { Subscription } from '../entities.ts';

export interface Subscriptions {
  readonly byId: Map<string, Subscription>;
  /** Product → the subscription that counts for its licenses, current or not (see {@link takesItsPlace}). */
  readonly counting: Map<string, Subscription>;
}

export const noSubscriptions = (): Subscriptions => ({ byId: new Map(), counting: new Map() });

/** What counts for a product and is suspended, if anything is: a suspension stands until staff reinstate it. */
export const suspendedOf = ({ counting }: Subscriptions): Subscription | undefined =>
  counting.values().find(({ suspended }) => suspended);

/** The subscription that staff once started under this id of theirs. */
export function startedUnder({ byId }: Subscriptions, externalId: string): Subscription | undefined {
  for (const subscription of byId.values()) if (subscription.externalId === externalId) return subscription;
  return undefined;
}

// ---- fold ----

export type SubscriptionEvent = Extract<UserEvent, { type: `Subscription${string}` }>;

const changed = (before: Subscription, event: SubscriptionEvent, by: Side, at: number): Subscription => {
  switch (event.type) {
    case 'SubscriptionStarted':
      return before;
    case 'SubscriptionRenewed': {
      // Releases before level 2 took a cancellation back by renewing.
      const endDate = Date.parse(event.data.endDate);
      return { ...endsAt(before, endDate), cancelled: false, cancelledBy: null, updatedAt: at };
    }
    case 'SubscriptionPlanChanged': {
      const { plan, terms, quantity } = event.data;
      return { ...before, plan, terms, quantity, graceDays: terms.graceDays, updatedAt: at };
    }
    case 'SubscriptionSuspended':
      return { ...before, suspended: true, updatedAt: at };
    case 'SubscriptionReinstated':
      return { ...before, suspended: false, updatedAt: at };
    case 'SubscriptionCancelled': {
      const cancelledBy = cancelledByAfter(before.cancelledBy, by);
      return {
        ...endsAt(before, Date.parse(event.data.endDate)),
        cancelled: true,
        cancelledBy,
        updatedAt: at,
      };
    }
    case 'SubscriptionCancellationWithdrawn':
      return { ...before, cancelled: false, cancelledBy: null, updatedAt: at };
    // They change nothing of what is shown.
    case 'SubscriptionEnding':
      return { ...before, endNotice: noticeOf(event.data.days) };
    case 'SubscriptionLapsed':
      return { ...before, endNotice: 'lapsed' };
    default:
      return event satisfies never;
  }
};

const started = (
  { data }: Extract<SubscriptionEvent, { type: 'SubscriptionStarted' }>,
  by: Side,
  at: number,
): Subscription => ({
  subscriptionId: data.subscriptionId,
  product: data.product,
  plan: data.plan,
  startedPlan: data.plan,
  startedBy: by,
  terms: data.terms,
  quantity: data.quantity,
  trial: data.trial,
  startDate: Date.parse(data.startDate),
  endDate: Date.parse(data.endDate),
  graceDays: data.terms.graceDays,
  suspended: false,
  cancelled: false,
  cancelledBy: null,
  endNotice: 'none',
  ...(data.externalId === undefined ? {} : { externalId: data.externalId }),
  createdAt: at,
  updatedAt: at,
});

/** Applies an event in place and returns the subscription it left; undefined if it names an unknown one. */
export function foldSubscription(
  { byId, counting }: Subscriptions,
  event: SubscriptionEvent,
  by: Side,
  at: number,
): Subscription | undefined {
  const before = byId.get(event.data.subscriptionId);
  const isStart = event.type === 'SubscriptionStarted';
  const after = isStart ? started(event, by, at) : before && changed(before, event, by, at);
  if (!after) return undefined;
  byId.set(after.subscriptionId, after);
  const counted = counting.get(after.product);
  if (isStart ? takesItsPlace(counted, after, at) : counted === before) counting.set(after.product, after);
  return after;
}
