import { setTimeout as delay } from 'node:timers/promises';
import type Stripe from 'stripe';
import { type LicenseSystem, Overtaken, Refused } from '../license-system/api.ts';
import type { Prices } from '../stripe/prices.ts';
import { readCustomer } from '../stripe/read.ts';
import { type Wanted, wantedOf } from '../stripe/wanted.ts';
import { follow, lastOf } from './follow.ts';
import { Session } from './session.ts';
import type { Store } from './store.ts';

export interface Context {
  readonly stripe: Stripe;
  readonly api: LicenseSystem;
  readonly store: Store;
  readonly prices: Prices;
}

export interface BroughtUp {
  readonly changed: boolean;
  /** What is for people to look at: then the customer is parked. */
  readonly reasons: readonly string[];
}

/** More often than this in a row nobody is overtaken: something else is wrong. */
const MAX_ROUNDS = 10;

/**
 * Brings a customer here to what Stripe has now, whatever the delivery said. Both sides are compared until nothing
 * differs: a change at Stripe may have come between the look at it and the command, and its own delivery may have found
 * nothing to do. What was refused because something else stood in its way is done the next time, too.
 */
export async function bringUp(context: Context, customer: string): Promise<BroughtUp> {
  let changed = false;
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    try {
      const done = await compare(context, customer);
      changed ||= done.changed;
      if (!done.changed) {
        // Who they are is asked again next time: that may be what was wrong.
        if (done.reasons.length > 0) context.store.forget(customer);
        return { changed, reasons: done.reasons };
      }
    } catch (error) {
      if (error instanceof Refused) {
        context.store.forget(customer);
        return { changed, reasons: [error.message] };
      }
      if (!(error instanceof Overtaken)) throw error;
      await delay(50 * round * Math.random());
    }
  }
  throw new Error(`${customer} changed ${MAX_ROUNDS} times while it was looked at`);
}

async function compare(context: Context, customer: string): Promise<BroughtUp> {
  const { api, store, stripe } = context;
  const userId = store.known(customer)?.userId ?? (await introduce(context, customer));
  if (userId === undefined) return { changed: false, reasons: await unclear(context, customer) };
  const session = new Session({ api, store, customer, userId });
  const ours = await session.read();
  // Only now: what Stripe says is at least as new as what was read here.
  const wanted = await wantedFor(context, customer);
  const cancelAtStripe = async (id: string, atPeriodEnd: boolean) => {
    await stripe.subscriptions.update(id, { cancel_at_period_end: atPeriodEnd });
  };
  for (const each of wanted) await follow({ session, store, cancelAtStripe }, each, lastOf(each.id, ours));
  return session;
}

async function wantedFor({ stripe, prices }: Context, customer: string): Promise<readonly Wanted[]> {
  const said = await readCustomer(stripe, customer);
  return said.subscriptions.map((subscription) => wantedOf(subscription, said, prices));
}

const unclear = async (context: Context, customer: string): Promise<readonly string[]> =>
  (await wantedFor(context, customer)).flatMap((one) =>
    one.kind === 'unclear' ? `${one.id}: ${one.reason}` : [],
  );

/**
 * The user for a customer. Whoever had an account before they bought has its id in the customer's metadata, put there by
 * the seller's shop; anybody else is added once something is paid for.
 */
async function introduce(context: Context, customer: string): Promise<string | undefined> {
  const { api, store, stripe } = context;
  const theirs = await stripe.customers.retrieve(customer);
  const kinds = new Set((await wantedFor(context, customer)).map(({ kind }) => kind));
  if (!kinds.has('runs') && !kinds.has('over')) return undefined;
  const account = theirs.deleted ? undefined : theirs.metadata.user_id;
  if (!account && !kinds.has('runs')) return find(api, customer);
  const person = theirs.deleted ? {} : { email: theirs.email ?? undefined, name: theirs.name ?? undefined };
  const added = account
    ? undefined
    : await api.call('/v1/users', { body: { external_id: customer, ...person } });
  const userId = account ?? String(added?.body.user_id);
  store.learn(customer, { userId, position: added?.position ?? null });
  return userId;
}

/** Who was added for the customer before, and is not added for what is over. */
async function find(api: LicenseSystem, customer: string): Promise<string | undefined> {
  const { body } = await api.call(`/v1/users?external_id=${encodeURIComponent(customer)}`, { method: 'GET' });
  return (body.items as readonly { readonly user_id: string }[])[0]?.user_id;
}
