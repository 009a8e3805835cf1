import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../examples/stripe/sync/store.ts';
import { signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import {
  deliverAll,
  eventsOf,
  instantOf,
  openStore,
  type Shown,
  seconds,
  subscriptionsOf,
  today,
  userOf,
  workedOff,
} from './cases.ts';
import { monthsAfter } from './fake/stripe.ts';
import { type Billing, PRICES, startBilling } from './system.ts';

let billing: Billing;
let store: Store;
let deliveries: ReturnType<typeof deliverAll>;
beforeAll(async () => {
  billing = await startBilling();
  store = openStore(billing);
  deliveries = deliverAll(billing);
});
afterAll(async () => {
  store.close();
  await billing[Symbol.asyncDispose]();
});

const allDone = async () => {
  expect((await deliveries.answered()).filter((status) => status !== 200)).toEqual([]);
  await workedOff(store);
};

/** A customer of Stripe's with a subscription that runs since today, and whoever they are here. */
async function sold(
  sale: { readonly price?: string; readonly quantity?: number; readonly start?: number } = {},
) {
  const { fake } = billing;
  const customer = fake.customer();
  const id = fake.sell({ customer, price: 'price_pro', start: today(), ...sale });
  await allDone();
  return { customer, id, userId: await userOf(billing, customer) };
}

/** What is here of a customer, once everything is worked off. */
async function here(userId: string): Promise<readonly Shown[]> {
  await allDone();
  return subscriptionsOf(billing, userId);
}

const reasonsOf = (customer: string) =>
  store
    .parked()
    .find((one) => one.customer === customer)
    ?.reasons.join();

describe('a subscription at Stripe', () => {
  it('is one here, from its start to the end of what is paid for, under its id', async () => {
    const { fake } = billing;
    const { id, userId } = await sold({ quantity: 3 });
    const sub = { external_id: id, plan_type: 'pro', status: 'active', start_date: instantOf(today()) };
    expect(await here(userId)).toMatchObject([
      { ...sub, quantity: 3, end_date: instantOf(monthsAfter(today(), 1)) },
    ]);
    fake.renew(id);
    fake.change(id, { price: 'price_enterprise', quantity: 2 });
    const end_date = instantOf(monthsAfter(today(), 2));
    expect(await here(userId)).toMatchObject([{ ...sub, plan_type: 'enterprise', quantity: 2, end_date }]);
    fake.cancelAtPeriodEnd(id, true);
    expect(await here(userId)).toMatchObject([{ status: 'cancelled', cancelled_by: 'staff', end_date }]);
    fake.cancelAtPeriodEnd(id, false);
    expect(await here(userId)).toMatchObject([{ status: 'active', cancelled_by: null, end_date }]);
    fake.cancelNow(id);
    const [over] = await here(userId);
    expect(over).toMatchObject({ status: 'cancelled' });
    expect(seconds(String(over?.end_date))).toBeLessThanOrEqual(Date.now() / 1_000);
  });

  it('is renewed by its payment, and not by the dates that Stripe moves before it', async () => {
    const { fake } = billing;
    const { id, userId } = await sold();
    const period = fake.failPayment(id);
    expect(await here(userId)).toMatchObject([{ end_date: instantOf(period.start) }]);
    fake.pay(id, period);
    expect(await here(userId)).toMatchObject([{ end_date: instantOf(period.end) }]);
  });

  it('that is paid for after its grace goes on as another one, under its id and the end of the first', async () => {
    const { fake } = billing;
    const start = monthsAfter(today(), -3);
    const { id, userId } = await sold({ start });
    fake.beginPeriod(id);
    const period = fake.beginPeriod(id);
    fake.pay(id, period);
    const late = fake.beginPeriod(id);
    fake.pay(id, late);
    const end = monthsAfter(start, 1);
    const [first, second] = await here(userId);
    expect(first).toMatchObject({ external_id: id, status: 'expired', end_date: instantOf(end) });
    expect(second).toMatchObject({
      external_id: `${id}@${end}`,
      status: 'active',
      end_date: instantOf(late.end),
    });
    fake.cancelNow(id);
    expect((await here(userId)).map(({ status }) => status)).toEqual(['expired', 'cancelled']);
  });

  it('that takes the place of one that was ended may be delivered first', async () => {
    const { fake, deliver } = billing;
    const { customer, id, userId } = await sold();
    let next = '';
    const events = eventsOf(billing, () => {
      fake.cancelNow(id);
      next = fake.sell({ customer, price: 'price_basic', start: today() });
    });
    for (const event of events.toReversed()) expect(await deliver(event)).toBe(200);
    const after = new Map((await here(userId)).map((one) => [one.external_id, one]));
    expect(after.get(id)).toMatchObject({ status: 'cancelled' });
    expect(after.get(next)).toMatchObject({ status: 'active', plan_type: 'basic' });
  });

  it('that changes between the look at it and the command is right in the end, with no other delivery', async () => {
    const { fake, stripe } = billing;
    const { id, userId } = await sold();
    stripe.onAnswer = (path) => {
      if (path !== '/v1/subscriptions') return;
      stripe.onAnswer = () => undefined;
      eventsOf(billing, () => fake.change(id, { quantity: 3 }));
    };
    fake.change(id, { quantity: 7 });
    expect(await here(userId)).toMatchObject([{ quantity: 3 }]);
  });
});

describe('a customer', () => {
  it('who had an account and a trial is named in the metadata at Stripe, and keeps both account and machines', async () => {
    const { fake, ask } = billing;
    const account = await signUp(billing.environment.LICENSE_URL);
    await ask('/v1/subscriptions', { body: { plan: 'pro', trial: true }, by: account.token });
    await ask('/v1/activations', { body: { client_id: 'laptop' }, by: account.token });
    const customer = fake.customer({ email: account.email });
    const id = fake.sell({ customer, price: 'price_pro', start: today() });
    await allDone();
    expect(reasonsOf(customer)).toContain('email_taken');
    fake.updateCustomer(customer, { metadata: { user_id: account.userId } });
    const after = await here(account.userId);
    expect(after.find(({ external_id: name }) => name === id)).toMatchObject({
      status: 'active',
      plan_type: 'pro',
    });
    expect(reasonsOf(customer)).toBeUndefined();
    const licenses = await ask(`/v1/users/${account.userId}/licenses`);
    expect(licenses.body.items).toMatchObject([{ client_id: 'laptop', status: 'active' }]);
  });

  it('who has erased their account is shown to people, and nothing is sold to anybody else', async () => {
    const { fake, ask } = billing;
    const account = await signUp(billing.environment.LICENSE_URL);
    const customer = fake.customer({ metadata: { user_id: account.userId } });
    const id = fake.sell({ customer, price: 'price_pro', start: today() });
    expect(await here(account.userId)).toMatchObject([{ external_id: id }]);
    await ask('/v1/me/erase', { body: { password: account.password }, by: account.token });
    fake.renew(id);
    await allDone();
    expect(reasonsOf(customer)).toContain('not_found');
  });

  it('who cancels here has cancelled at Stripe, and withdraws in either place', async () => {
    const { fake, ask, restart } = billing;
    const account = await signUp(billing.environment.LICENSE_URL);
    const customer = fake.customer({ metadata: { user_id: account.userId } });
    const id = fake.sell({ customer, price: 'price_pro', start: today() });
    const [mine] = await here(account.userId);
    const atStripe = () => fake.subscriptions.get(id)?.cancel_at_period_end;
    const bringUp = async () => {
      store.due(customer);
      await allDone();
    };
    const verb = (name: string) =>
      ask(`/v1/subscriptions/${mine?.subscription_id}/${name}`, { body: {}, by: account.token });
    expect((await verb('cancel')).status).toBe(200);
    await bringUp();
    expect(atStripe()).toBe(true);
    expect(await here(account.userId)).toMatchObject([{ cancelled_by: 'user' }]);
    expect((await verb('uncancel')).status).toBe(200);
    await restart();
    await bringUp();
    expect(atStripe()).toBe(false);
    expect((await verb('cancel')).status).toBe(200);
    await bringUp();
    fake.cancelAtPeriodEnd(id, false);
    expect(await here(account.userId)).toMatchObject([{ status: 'active', cancelled_by: null }]);
  });
});

describe('what is for people to look at', () => {
  it('is an unknown price: parked, and followed once the file has it', async () => {
    const { fake, sellBy, restart } = billing;
    const customer = fake.customer();
    const id = fake.sell({ customer, price: 'price_new', start: today() });
    await allDone();
    expect(reasonsOf(customer)).toBe(`${id}: the file of prices does not have price_new`);
    sellBy({ ...PRICES, price_new: { plan: 'basic' } });
    await restart();
    await eventually('it is no longer parked', () => reasonsOf(customer) === undefined);
    expect(await here(await userOf(billing, customer))).toMatchObject([
      { external_id: id, plan_type: 'basic' },
    ]);
  });

  it('is a downgrade below the machines that are active; what is paid for is renewed all the same', async () => {
    const { fake, ask } = billing;
    const account = await signUp(billing.environment.LICENSE_URL);
    const customer = fake.customer({ metadata: { user_id: account.userId } });
    const id = fake.sell({ customer, price: 'price_basic', quantity: 2, start: today() });
    await allDone();
    for (const client_id of ['a', 'b', 'c', 'd'])
      expect((await ask('/v1/activations', { body: { client_id }, by: account.token })).status).toBe(201);
    fake.change(id, { quantity: 1 });
    fake.renew(id);
    const end_date = instantOf(monthsAfter(today(), 2));
    expect(await here(account.userId)).toMatchObject([{ quantity: 2, end_date }]);
    expect(reasonsOf(customer)).toContain('too_many_clients');
  });

  it('is a delivery that Stripe did not sign: refused, and nothing is due', async () => {
    const { fake, deliver } = billing;
    const events = eventsOf(billing, () => {
      fake.sell({ customer: fake.customer(), price: 'price_pro', start: today() });
    });
    for (const event of events) expect(await deliver(event, 'whsec_of_somebody_else')).toBe(400);
    expect(store.dueCount()).toBe(0);
    expect(
      (await fetch(`${billing.service.url}/stripe/webhook`, { method: 'POST', body: '{}' })).status,
    ).toBe(400);
    expect((await fetch(`${billing.service.url}/health`)).status).toBe(200);
  });
});

describe('a payment that is taken back', () => {
  const status = async (userId: string) => (await here(userId)).map((one) => one.status);

  it('by a dispute suspends; won, it is reinstated; lost, what staff reinstate stays so', async () => {
    const { fake, ask } = billing;
    const { id, userId } = await sold();
    const won = fake.dispute(fake.latestCharge(id));
    expect(await status(userId)).toEqual(['suspended']);
    fake.closeDispute(won, 'won');
    expect(await status(userId)).toEqual(['active']);
    fake.closeDispute(fake.dispute(fake.latestCharge(id)), 'lost');
    expect(await status(userId)).toEqual(['suspended']);
    const [mine] = await here(userId);
    await ask(`/v1/subscriptions/${mine?.subscription_id}/reinstate`, { body: {} });
    fake.renew(id);
    expect(await status(userId)).toEqual(['active']);
  });

  it('does not lift what staff have suspended', async () => {
    const { fake, ask } = billing;
    const { id, userId } = await sold();
    const [mine] = await here(userId);
    await ask(`/v1/subscriptions/${mine?.subscription_id}/suspend`, { body: { reason: 'a stolen account' } });
    await eventually('it is suspended', async () => (await status(userId))[0] === 'suspended');
    const dispute = fake.dispute(fake.latestCharge(id));
    expect(await status(userId)).toEqual(['suspended']);
    fake.closeDispute(dispute, 'won');
    expect(await status(userId)).toEqual(['suspended']);
  });

  it('by a refund of all of it suspends until the next one; by a refund of a part it changes nothing', async () => {
    const { fake } = billing;
    const { id, userId } = await sold();
    fake.refund(fake.latestCharge(id), false);
    expect(await status(userId)).toEqual(['active']);
    fake.refund(fake.latestCharge(id));
    expect(await status(userId)).toEqual(['suspended']);
    fake.renew(id);
    expect(await status(userId)).toEqual(['active']);
  });
});
