import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { pages } from '../license-system/subscriptions.ts';
import type { Context } from './bring-up.ts';
import type { Claim, Store } from './store.ts';
import { type Outcome, workOff } from './worker.ts';

export interface Reconciled {
  readonly customers: number;
  /** `elsewhere`: by the running service, meanwhile. */
  readonly outcomes: Readonly<Record<Outcome | 'elsewhere', number>>;
  /** Subscriptions that run here under an id of Stripe's which Stripe doesn't have. */
  readonly strangers: readonly string[];
}

const LOOK_AGAIN_MS = 100;
const RUNNING = ['active', 'grace', 'scheduled'] as const;

/** Brings every customer who has or had a subscription at Stripe up to date, whether a delivery said so or not. */
export async function reconcile(context: Context, workers: number, logger: Logger): Promise<Reconciled> {
  const { stripe, store } = context;
  const [customers, theirs] = [new Set<string>(), new Set<string>()];
  for await (const { id, customer } of stripe.subscriptions.list({ status: 'all', limit: 100 })) {
    theirs.add(id);
    customers.add(typeof customer === 'string' ? customer : customer.id);
  }
  const outcomes = { unchanged: 0, changed: 0, parked: 0, failed: 0, elsewhere: 0 };
  const waiting = customers.values();
  const work = async () => {
    for (const customer of waiting) {
      // One after another, so that what is delivered meanwhile waits behind a few, and not behind all.
      store.due(customer);
      const claim = await claimed(store, customer);
      outcomes[claim ? await workOff(context, claim, logger) : 'elsewhere'] += 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { customers: customers.size, outcomes, strangers: await strangersTo(context, theirs) };
}

/** @returns undefined once another process has worked off the customer who was due */
async function claimed(store: Store, customer: string): Promise<Claim | undefined> {
  while (store.isDue(customer)) {
    const claim = store.claim(customer);
    if (claim) return claim;
    await delay(LOOK_AGAIN_MS);
  }
  return undefined;
}

async function strangersTo({ api }: Context, theirs: ReadonlySet<string>): Promise<readonly string[]> {
  const lists = await Promise.all(RUNNING.map((status) => pages(api, `/v1/subscriptions?status=${status}&`)));
  return lists
    .flatMap(({ items }) => items.map(({ external_id: name }) => name ?? ''))
    .filter((name) => name.startsWith('sub_') && !theirs.has(String(name.split('@')[0])));
}
