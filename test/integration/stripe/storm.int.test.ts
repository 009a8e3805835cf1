import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../examples/stripe/sync/store.ts';
import { createRandom } from '../../support/random.ts';
import { eventsOf, openStore, workedOff } from './deliveries.ts';
import type { Truth } from './fake/stripe.ts';
import { instantOf, seconds, subscriptionsOf, today, userOf } from './shown.ts';
import { type Billing, PRICES, run, startBilling } from './system.ts';

/** 10,000 by hand; a few in the tests of every day. */
const PAYMENTS = Number(process.env.STRIPE_PAYMENTS ?? 300);
const SEED = 20261127;
const SOLD = ['price_basic', 'price_pro', 'price_enterprise'] as const;
/** Of the changes so many are delivered never, several times, or long after. */
const PERCENT = 10;
const PAYMENTS_EACH = 10;

const random = createRandom(SEED);
const failures = createRandom(SEED + 1);
const happens = (percent: number, chance = random): boolean => chance.below(100) < percent;

let billing: Billing;
let store: Store;
beforeAll(async () => {
  billing = await startBilling();
  store = openStore(billing);
});
afterAll(async () => {
  store.close();
  await billing[Symbol.asyncDispose]();
});

/** Stripe's life goes on: mostly renewals, and now and then anything else. */
function createLife() {
  const { fake } = billing;
  const running: string[] = [];
  const sell = (customer = fake.customer()): void => {
    const sale = { price: random.pick(SOLD), quantity: 1 + random.below(3), start: today() };
    running.push(fake.sell({ customer, ...sale }));
  };
  return {
    running,
    goOn(): void {
      const at = random.below(running.length);
      if (fake.customers.size < PAYMENTS / PAYMENTS_EACH) sell();
      else if (!change(String(running[at]))) {
        // The customer ends it and comes back at once: what is over has to make room first.
        const [id] = running.splice(at, 1);
        fake.cancelNow(String(id));
        sell(fake.truths.get(String(id))?.customer);
      }
    },
  };
}

/** @returns false for what ends it */
function change(id: string): boolean {
  const { fake } = billing;
  const { cancelled } = fake.truths.get(id) as Truth;
  const kind = random.below(30);
  if (kind === 0) return false;
  if (kind < 4) fake.change(id, { price: random.pick(SOLD) });
  else if (kind < 7) fake.change(id, { quantity: 1 + random.below(9) });
  else if (kind < 10) fake.cancelAtPeriodEnd(id, !cancelled);
  else {
    // What is cancelled is not renewed.
    if (cancelled) fake.cancelAtPeriodEnd(id, false);
    fake.renew(id);
  }
  return true;
}

/** Delivers what has happened: in part never, in part several times, in part long after and in another order. */
function createPost() {
  const late: Stripe.Event[] = [];
  const count = { changes: 0, lost: 0, repeated: 0, late: 0 };
  // As Stripe does: what is not answered by 200 is sent again.
  const sendOne = async (event: Stripe.Event): Promise<void> => {
    const status = await billing.deliver(event).catch(() => 0);
    if (status !== 200) await sendOne(event);
  };
  const send = (events: readonly Stripe.Event[]) => Promise.all(events.map(sendOne));
  return {
    count,
    async deliver(events: readonly Stripe.Event[]): Promise<void> {
      count.changes += 1;
      const fate = random.below(100);
      if (fate < PERCENT) count.lost += 1;
      else if (fate < 2 * PERCENT) late.push(...events);
      else await send(fate < 3 * PERCENT ? [...events, ...events.toReversed(), ...events] : events);
      if (fate >= PERCENT && fate < 2 * PERCENT) count.late += 1;
      if (fate >= 2 * PERCENT && fate < 3 * PERCENT) count.repeated += 1;
      const [one] = late.splice(random.below(late.length + 1), 1);
      if (one) await send([one]);
    },
    deliverLate: () => send(late.splice(0)),
  };
}

/** What each of Stripe's subscriptions is here, and what it has to be; times to the millisecond. */
async function compared() {
  const wrong: unknown[] = [];
  const byCustomer = Map.groupBy(billing.fake.truths, ([, { customer }]) => customer);
  for (const [customer, truths] of byCustomer) {
    const ours = await subscriptionsOf(billing, await userOf(billing, customer));
    for (const [id, truth] of truths) {
      const mine = ours.find(({ external_id: name }) => name === id);
      // Of what was over before anybody here had heard of it there need not be anything.
      const isRight = truth.over
        ? mine === undefined || (mine.status === 'cancelled' && seconds(mine.end_date) <= Date.now() / 1_000)
        : mine?.plan_type === PRICES[truth.price as (typeof SOLD)[number]].plan &&
          mine.quantity === truth.quantity &&
          mine.start_date === instantOf(truth.startDate) &&
          mine.end_date === instantOf(truth.paidUntil) &&
          mine.status === (truth.cancelled ? 'cancelled' : 'active');
      if (!isRight) wrong.push({ id, truth, mine });
    }
  }
  return wrong;
}

describe(`${PAYMENTS} payments, of whose deliveries many are lost, repeated or late,`, () => {
  it('leave nothing wrong after a reconciliation', { timeout: 60_000 + PAYMENTS * 300 }, async () => {
    const { fake, stripe, restart } = billing;
    const [life, post] = [createLife(), createPost()];
    const happen = (...changes: readonly (() => void)[]) =>
      Promise.all(changes.map((each) => post.deliver(eventsOf(billing, each))));
    stripe.fails = () => happens(1, failures);
    let restartAt = PAYMENTS / 2;
    while (fake.payments < PAYMENTS) {
      await happen(...Array(8).fill(life.goOn));
      if (fake.payments < restartAt) continue;
      restartAt = Number.POSITIVE_INFINITY;
      await restart();
    }
    await post.deliverLate();
    await workedOff(store, 60_000 + PAYMENTS * 100);
    // The last word on each: what is lost of it nothing later makes good.
    await happen(...life.running.map((id) => () => fake.change(id, { quantity: 10 })));
    await post.deliverLate();
    await workedOff(store, 60_000 + PAYMENTS * 100);
    const before = await compared();
    const { stdout } = await run(billing, 'reconcile');
    const after = await compared();
    const figures = { payments: fake.payments, subscriptions: fake.truths.size, ...post.count };
    const wrong = { before: before.length, after: after.length };
    process.stdout.write(`${JSON.stringify({ ...figures, requests: stripe.requests, wrong })}\n${stdout}`);
    expect(before.length).toBeGreaterThan(0);
    expect(after).toEqual([]);
    expect(stdout).toContain(' 0 parked, 0 failed');
  });
});
