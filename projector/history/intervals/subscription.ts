import type { Metadata } from '../../../shared/events/metadata.ts';
import {
  projectSubscription,
  type Subscription,
  type SubscriptionEvent,
} from '../../../shared/read-model/fold/subscription.ts';
import { mrrOf } from '../../../shared/recurring-revenue.ts';
import {
  graceUntil,
  type SubscriptionStatus,
  subscriptionStatusAt,
} from '../../../shared/subscription-status.ts';
import type { Cause } from './cause.ts';
import type { Known, Piece } from './interval.ts';

/** What a row of `subscription_states` says. */
export interface SubscriptionState {
  /** As the fold has it; of its terms only the clients, the grace and the price are shown. */
  readonly subscription: Subscription;
  readonly customerErased: boolean;
  readonly cause: Cause;
  readonly status: SubscriptionStatus;
  readonly mrr: bigint;
  readonly before: Before;
}

/**
 * What held just before a row, where that matters to what it is asked for. It never changes while the row is known: an event
 * that changes what holds before a row replaces the row too.
 */
export interface Before {
  readonly mrr: bigint;
  /** Null where that was no revenue. */
  readonly currency: string | null;
  /** Null for the first row. */
  readonly endDate: number | null;
}

/** What does not follow from time alone. */
type Held = Omit<SubscriptionState, 'status' | 'mrr' | 'before'>;
type Shown = Omit<SubscriptionState, 'before'>;

/** What an event of a subscription has made of it. */
export interface Taken {
  /** The event's time. */
  readonly at: number;
  readonly cause: Cause;
  /** The fold's row after the event. */
  readonly after: Subscription;
  readonly customerErased: boolean;
  /** What held just before the event; only needed where what is known so far was not read. */
  readonly before?: Before | undefined;
}

/** Whether an event changes something of what is shown. */
export const isShown = ({ type }: SubscriptionEvent): boolean =>
  type !== 'SubscriptionEnding' && type !== 'SubscriptionLapsed';

/**
 * Takes in an event that is shown. What is believed changes from when the event was decided, or from the date that it names, if
 * that is earlier. What stands in between is changed as the fold has changed what stands now: a suspension that lay there stays.
 */
export function takeSubscriptionEvent(
  known: Known<SubscriptionState>,
  event: SubscriptionEvent,
  { actor }: Pick<Metadata, 'actor'>,
  { at, cause, after, customerErased, before }: Taken,
): void {
  const held = (subscription: Subscription): Held => ({
    subscription: customerErased ? { ...subscription, externalId: null } : subscription,
    customerErased,
    cause,
  });
  const from = Math.min(at, changesFrom(known, event, after) ?? at);
  const now = { state: held(after), validFrom: at, validTo: Number.POSITIVE_INFINITY };
  if (event.type === 'SubscriptionStarted') {
    known.replace(at, cut([{ ...now, validFrom: from }], NOTHING));
    return;
  }
  const pieces = (from < at ? known.from(from) : []).flatMap(({ state, validFrom, validTo }) => {
    const changed = () => held(projectSubscription(state.subscription, event, { actor }, at));
    return validFrom < at ? [{ state: changed(), validFrom, validTo: Math.min(validTo, at) }] : [];
  });
  const last = known.upTo(from);
  known.replace(at, cut([...pieces, now], last ? beforeOf(last) : (before ?? NOTHING)));
}

/** Takes in that the customer was erased: from then on the subscription counts for nothing. */
export function eraseSubscription(known: Known<SubscriptionState>, at: number, cause: Cause): void {
  const erased = known.from(at).map(({ state, ...span }) => {
    const subscription = { ...state.subscription, externalId: null };
    return { ...span, state: { subscription, customerErased: true, cause } };
  });
  const last = known.upTo(at);
  if (erased.length > 0) known.replace(at, cut(erased, last ? beforeOf(last) : NOTHING));
}

/** The date that an event names as the one from which it counts. */
function changesFrom(
  known: Known<SubscriptionState>,
  event: SubscriptionEvent,
  after: Subscription,
): number | undefined {
  if (event.type === 'SubscriptionStarted') return after.startDate;
  if (event.type === 'SubscriptionRenewed') return known.last?.state.subscription.endDate;
  return event.type === 'SubscriptionCancelled' ? Date.parse(event.data.endDate) : undefined;
}

/** Cuts what holds where its status or its revenue changes by the dates alone. What then says the same on both sides is one. */
function cut(pieces: readonly Piece<Held>[], before: Before): Piece<SubscriptionState>[] {
  const all: Piece<Shown>[] = [];
  for (const piece of pieces.flatMap(shown)) {
    const last = all.at(-1);
    if (last && isSame(last.state, piece.state)) all[all.length - 1] = { ...last, validTo: piece.validTo };
    else all.push(piece);
  }
  return all.map((piece, i) => ({
    ...piece,
    state: { ...piece.state, before: i === 0 ? before : beforeOf((all[i - 1] as Piece<Shown>).state) },
  }));
}

const NOTHING: Before = { mrr: 0n, currency: null, endDate: null };

const beforeOf = ({ subscription, mrr }: Pick<Shown, 'subscription' | 'mrr'>): Before => ({
  mrr,
  currency: (mrr && subscription.terms.price?.currency) || null,
  endDate: subscription.endDate,
});

/** What holds of a subscription just before an instant. It is known to the millisecond, and so are all its dates. */
export const beforeAt = (subscription: Subscription, customerErased: boolean, instant: number): Before =>
  beforeOf({
    subscription,
    mrr: customerErased ? 0n : mrrOf({ ...subscription, ...subscription.terms }, instant - 1),
  });

function shown({ state, validFrom, validTo }: Piece<Held>): Piece<Shown>[] {
  const { subscription, customerErased } = state;
  const facts = { ...subscription, ...subscription.terms };
  const instants = new Set([facts.startDate, facts.endDate, graceUntil(facts)]);
  const cuts = [...instants].filter((one) => one > validFrom && one < validTo).sort((a, b) => a - b);
  return [validFrom, ...cuts].map((from, i) => {
    const status = subscriptionStatusAt(facts, from);
    const mrr = customerErased ? 0n : mrrOf(facts, from);
    return { state: { ...state, status, mrr }, validFrom: from, validTo: cuts[i] ?? validTo };
  });
}

const isSame = (a: Shown, b: Shown): boolean =>
  a.status === b.status &&
  a.mrr === b.mrr &&
  a.cause === b.cause &&
  a.customerErased === b.customerErased &&
  isSameSubscription(a.subscription, b.subscription);

/** In what is shown. User, product, trial and external id are its own for good. */
function isSameSubscription(a: Subscription, b: Subscription): boolean {
  return (
    a.plan === b.plan &&
    a.quantity === b.quantity &&
    a.suspended === b.suspended &&
    a.cancelled === b.cancelled &&
    a.cancelledBy === b.cancelledBy &&
    a.startDate === b.startDate &&
    a.endDate === b.endDate &&
    a.terms.maxClients === b.terms.maxClients &&
    a.terms.graceDays === b.terms.graceDays &&
    a.terms.price?.amount === b.terms.price?.amount &&
    a.terms.price?.months === b.terms.price?.months &&
    a.terms.price?.currency === b.terms.price?.currency
  );
}
