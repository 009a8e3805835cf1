import type { Subscription } from '../license-system/subscriptions.ts';
import type { Wanted } from '../stripe/wanted.ts';
import { applyCauses } from './causes.ts';
import type { Session } from './session.ts';
import type { Store } from './store.ts';

type Running = Extract<Wanted, { kind: 'runs' }>;

export interface Sides {
  readonly session: Session;
  readonly store: Store;
  /** Tells Stripe that a subscription is to end with its period, or to go on. */
  readonly cancelAtStripe: (id: string, atPeriodEnd: boolean) => Promise<void>;
}

const instant = (time: number): string => new Date(time).toISOString();
const endOf = (mine: Subscription): number => Date.parse(mine.end_date);

/** It can't be renewed any more: its grace has gone by, or it was cancelled and has ended. */
const isOver = (mine: Subscription): boolean =>
  mine.status === 'expired' || (mine.cancelled_by !== null && endOf(mine) <= Date.now());

/**
 * A subscription that ran out is not renewed, and its external id is taken for ever: what Stripe goes on with after
 * that is one more subscription here, under the id and the time at which the one before had ended.
 */
const nameAfter = ({ id }: Wanted, mine: Subscription | undefined): string =>
  mine === undefined ? id : `${id}@${endOf(mine) / 1_000}`;

/** Of the subscriptions here those that a subscription of Stripe's is: the last one is the one that can change. */
export const lastOf = (id: string, ours: readonly Subscription[]): Subscription | undefined =>
  ours
    .filter(({ external_id: name }) => name === id || name?.startsWith(`${id}@`))
    .toSorted((one, other) => endOf(one) - endOf(other))
    .at(-1);

/** Brings the subscription here, if there is one, to what is wanted. What can't be done is noted, and the rest is. */
export async function follow(sides: Sides, wanted: Wanted, mine: Subscription | undefined): Promise<void> {
  switch (wanted.kind) {
    case 'unpaid':
      return;
    case 'unclear':
      sides.session.reasons.push(`${wanted.id}: ${wanted.reason}`);
      return;
    case 'over':
      if (mine && !isOver(mine)) await sides.session.do(mine, 'cancel', { immediately: true });
      return;
    case 'runs':
      return followRunning(sides, wanted, mine);
    default:
      wanted satisfies never;
  }
}

async function followRunning(sides: Sides, wanted: Running, mine: Subscription | undefined): Promise<void> {
  const { session, store } = sides;
  if (mine && !isOver(mine))
    return change(sides, wanted, await applyCauses(session, store, wanted.id, mine, wanted.causes));
  if (mine && wanted.paid.until <= endOf(mine)) return;
  if (mine?.cancelled_by) {
    session.reasons.push(
      `${mine.external_id} was ended here by ${mine.cancelled_by}, and Stripe goes on charging for it`,
    );
    return;
  }
  const { paid, startDate, sold, quantity } = wanted;
  const started = await session.start({
    external_id: nameAfter(wanted, mine),
    ...sold,
    quantity,
    start_date: instant(mine ? Math.max(paid.from, endOf(mine)) : startDate),
    end_date: instant(paid.until),
  });
  if (started)
    await change(sides, wanted, await applyCauses(session, store, wanted.id, started, wanted.causes));
}

async function change(sides: Sides, wanted: Running, before: Subscription): Promise<void> {
  const { session } = sides;
  const { sold, quantity, paid } = wanted;
  if (await settleCancellation(sides, wanted, before)) return;
  let mine = before;
  const isPaidOn = paid.until > endOf(mine);
  if (mine.cancelled_by && (isPaidOn || !wanted.cancelled))
    mine = (await session.do(mine, 'uncancel')) ?? mine;
  if (isPaidOn) mine = (await session.do(mine, 'renew', { end_date: instant(paid.until) })) ?? mine;
  if (sold.product !== undefined && sold.product !== mine.product)
    session.reasons.push(
      `${mine.external_id} is of ${mine.product} and can't become ${sold.product}: sell it as another one`,
    );
  else if (mine.plan_type !== sold.plan || mine.quantity !== quantity)
    mine = (await session.do(mine, 'change-plan', { plan: sold.plan, quantity })) ?? mine;
  if (wanted.cancelled && !mine.cancelled_by) await session.do(mine, 'cancel');
}

/**
 * Customers cancel in either place. What they cancel here Stripe is told; that it was told is remembered, so that a
 * withdrawal is known for one, in whichever place.
 * @returns whether Stripe was told something: then everything is to be read once more
 */
async function settleCancellation(
  { session, store, cancelAtStripe }: Sides,
  { id, cancelled }: Running,
  mine: Subscription,
): Promise<boolean> {
  const wasTold = store.wasTold(id);
  const isCustomers = mine.cancelled_by === 'user';
  if (isCustomers && !cancelled && !wasTold) {
    await cancelAtStripe(id, true);
    store.setTold(id, true);
  } else if (wasTold && cancelled && !mine.cancelled_by) {
    await cancelAtStripe(id, false);
    store.setTold(id, false);
  } else {
    // Told, and withdrawn at Stripe: it is withdrawn here, as any other cancellation that Stripe doesn't have.
    if (wasTold && !cancelled) store.setTold(id, false);
    return false;
  }
  session.changed = true;
  return true;
}
