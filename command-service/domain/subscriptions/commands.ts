import { nothing } from '../decision.ts';
import type { Subscription } from '../entities.ts';
import type { Extension, Period } from './period.ts';

interface OfSubscription {
  readonly subscriptionId: string;
}

interface WithReason extends OfSubscription {
  readonly reason?: string | undefined;
}

export interface StartSubscription {
  readonly type: 'StartSubscription';
  /** The id that was reserved for it; a new one unless given. Its time part is the start date. */
  readonly subscriptionId?: string | undefined;
  /** Need not be named while there is one. */
  readonly product?: string | undefined;
  readonly plan: string;
  readonly quantity: number;
  readonly trial: boolean;
  /** A trial has none: it begins now and is as long as the catalogue says. */
  readonly period?: Period | undefined;
  /** Staff's id for it: starting again under it is the same subscription. */
  readonly externalId?: string | undefined;
}

export type SubscriptionCommand =
  | StartSubscription
  | (OfSubscription & { readonly type: 'RenewSubscription'; readonly period: Extension })
  | (OfSubscription & {
      readonly type: 'ChangePlan';
      readonly plan: string;
      /** As it was unless given. */
      readonly quantity?: number | undefined;
    })
  | (WithReason & { readonly type: 'CancelSubscription'; readonly immediately: boolean })
  | (OfSubscription & { readonly type: 'WithdrawCancellation' })
  | (WithReason & { readonly type: 'SuspendSubscription' })
  | (WithReason & { readonly type: 'ReinstateSubscription' })
  /** Whatever is due to be told of its end. */
  | (OfSubscription & { readonly type: 'TellOfEnd' });

export type SubscriptionCommandOf<T extends SubscriptionCommand['type']> = Extract<
  SubscriptionCommand,
  { type: T }
>;

/** Whose subscription it is, and how many of its product's clients are active. */
export interface Subscriber {
  readonly userId: string;
  readonly activeClients: number;
}

/** The state asked for already holds: the subscription as it is. */
export const unchanged = (subscription: Subscription) => nothing({ kind: 'subscription', subscription });
