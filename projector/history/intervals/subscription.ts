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

/**
 * Takes in an event of a subscription. What is believed changes from when the event was decided, or from the date that it
 * names, if that is earlier. What stands in between is changed as the fold changes what stands now: a suspension that lay
 * there stays.
 * @param at the event's time
 */
export function takeSubscriptionEvent(
  known: Known<SubscriptionState>,
  event: SubscriptionEvent,
  { actor }: Pick<Metadata, 'actor'>,
  { at, cause, customerErased }: { at: number; cause: Cause; customerErased: boolean },
): void {
  // They change nothing of what is shown.
  if (event.type === 'SubscriptionEnding' || event.type === 'SubscriptionLapsed') return;
  const after = (before: Subscription | undefined): Held => ({
    subscription: projectSubscription(before, event, { actor }, at),
    customerErased,
    cause,
  });
  if (event.type === 'SubscriptionStarted') {
    const held = after(undefined);
    const validFrom = Math.min(at, held.subscription.startDate);
    known.replace(at, cut([{ state: held, validFrom, validTo: Number.POSITIVE_INFINITY }], undefined));
    return;
  }
  const from = Math.min(at, changesFrom(known, event) ?? at);
  change(known, at, from, ({ subscription }) => after(subscription));
}

/** Takes in that the customer was erased: from then on the subscription counts for nothing. */
export function eraseSubscription(known: Known<SubscriptionState>, at: number, cause: Cause): void {
  change(known, at, at, ({ subscription }) => ({
    subscription: { ...subscription, externalId: null },
    customerErased: true,
    cause,
  }));
}

/** The date that an event names as the one from which it counts. */
function changesFrom(known: Known<SubscriptionState>, event: SubscriptionEvent): number | undefined {
  if (event.type === 'SubscriptionRenewed') return known.last?.state.subscription.endDate;
  if (event.type === 'SubscriptionCancelled') return Date.parse(event.data.endDate);
  return undefined;
}

function change(
  known: Known<SubscriptionState>,
  at: number,
  from: number,
  after: (before: SubscriptionState) => Held,
): void {
  const changed = known.from(from).map(({ state, ...span }) => ({ ...span, state: after(state) }));
  if (changed.length > 0) known.replace(at, cut(changed, known.upTo(from)));
}

/** Cuts what holds where its status or its revenue changes by the dates alone. What then says the same on both sides is one. */
function cut(pieces: readonly Piece<Held>[], before: Shown | undefined): Piece<SubscriptionState>[] {
  const all: Piece<Shown>[] = [];
  for (const piece of pieces.flatMap(shown)) {
    const last = all.at(-1);
    if (last && isSame(last.state, piece.state)) all[all.length - 1] = { ...last, validTo: piece.validTo };
    else all.push(piece);
  }
  return all.map((piece, i) => ({
    ...piece,
    state: { ...piece.state, before: beforeOf(i === 0 ? before : all[i - 1]?.state) },
  }));
}

const beforeOf = (state: Shown | undefined): Before => ({
  mrr: state?.mrr ?? 0n,
  currency: (state?.mrr && state.subscription.terms.price?.currency) || null,
  endDate: state?.subscription.endDate ?? null,
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
