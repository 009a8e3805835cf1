import type { Metadata } from '../../events/metadata.ts';
import { storedTerms, type Terms } from '../../events/schemas/terms.ts';
import type { UserEvent } from '../../events/types.ts';
import { type EndNotice, endsAt, noticeOf } from '../../subscription-end.ts';
import { cancelledByAfter, type Side, type SubscriptionFacts, sideOf } from '../../subscription-status.ts';
import type { WrittenSubscriptionRow } from '../rows.ts';
import { ProjectionFault } from './fault.ts';

/** A row of `subscriptions`. Instants are milliseconds since 1970. Replaced, never changed. */
export interface Subscription {
  readonly subscriptionId: string;
  readonly userId: string;
  readonly product: string;
  readonly plan: string;
  readonly terms: Terms;
  readonly quantity: number;
  readonly trial: boolean;
  readonly suspended: boolean;
  readonly cancelled: boolean;
  /** Null where it is not cancelled. */
  readonly cancelledBy: Side | null;
  readonly startDate: number;
  readonly endDate: number;
  readonly externalId: string | null;
  /** What was told of its end, as it is set now. */
  readonly endNotice: EndNotice;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type SubscriptionEvent = Extract<UserEvent, { type: `Subscription${string}` }>;

/** @throws ProjectionFault the user has no such subscription */
export function projectSubscription(
  before: Subscription | undefined,
  { type, data }: SubscriptionEvent,
  { actor }: Pick<Metadata, 'actor'>,
  at: number,
): Subscription {
  if (type === 'SubscriptionStarted') {
    return {
      subscriptionId: data.subscriptionId,
      userId: data.userId,
      product: data.product,
      plan: data.plan,
      terms: data.terms,
      quantity: data.quantity,
      trial: data.trial,
      suspended: false,
      cancelled: false,
      cancelledBy: null,
      startDate: Date.parse(data.startDate),
      endDate: Date.parse(data.endDate),
      externalId: data.externalId ?? null,
      endNotice: 'none',
      createdAt: at,
      updatedAt: at,
    };
  }
  if (before?.userId !== data.userId) throw new ProjectionFault('its user has no such subscription');
  const changed = { ...before, updatedAt: at };
  switch (type) {
    case 'SubscriptionRenewed':
      return { ...endsAt(changed, Date.parse(data.endDate)), cancelled: false, cancelledBy: null };
    case 'SubscriptionPlanChanged':
      return { ...changed, plan: data.plan, terms: data.terms, quantity: data.quantity };
    case 'SubscriptionSuspended':
      return { ...changed, suspended: true };
    case 'SubscriptionReinstated':
      return { ...changed, suspended: false };
    case 'SubscriptionCancelled':
      return {
        ...endsAt(changed, Date.parse(data.endDate)),
        cancelled: true,
        cancelledBy: cancelledByAfter(before.cancelledBy, sideOf(actor.role)),
      };
    case 'SubscriptionCancellationWithdrawn':
      return { ...changed, cancelled: false, cancelledBy: null };
    // They change nothing of what is shown.
    case 'SubscriptionEnding':
      return { ...before, endNotice: noticeOf(data.days) };
    case 'SubscriptionLapsed':
      return { ...before, endNotice: 'lapsed' };
    default:
      return type satisfies never;
  }
}

/** What of it decides its status. */
export const factsOf = (subscription: Subscription): SubscriptionFacts => ({
  ...subscription,
  graceDays: subscription.terms.graceDays,
});

/** The row as it is written: `status` is made by the table. */
export const subscriptionRow = (subscription: Subscription): WrittenSubscriptionRow => ({
  subscription_id: subscription.subscriptionId,
  user_id: subscription.userId,
  product: subscription.product,
  plan_type: subscription.plan,
  terms: storedTerms(subscription.terms),
  quantity: subscription.quantity,
  trial: subscription.trial,
  suspended: subscription.suspended,
  cancelled: subscription.cancelled,
  cancelled_by: subscription.cancelledBy,
  start_date: new Date(subscription.startDate),
  end_date: new Date(subscription.endDate),
  external_id: subscription.externalId,
  end_notice: subscription.endNotice,
  created_at: new Date(subscription.createdAt),
  updated_at: new Date(subscription.updatedAt),
});
