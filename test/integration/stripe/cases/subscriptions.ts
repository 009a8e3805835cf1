import { describe, expect, it } from 'vitest';
import type { UsedBench } from '../bench.ts';
import { eventsOf } from '../deliveries.ts';
import { monthsAfter } from '../fake/stripe.ts';
import { instantOf, seconds, today } from '../shown.ts';

export const subscriptionCases = (bench: UsedBench) =>
  describe('a subscription at Stripe', () => {
    it('is one here, from its start to the end of what is paid for, under its id', async () => {
      const { fake } = bench.it.billing;
      const { id, userId } = await bench.it.sold({ quantity: 3 });
      const sub = { external_id: id, plan_type: 'pro', status: 'active', start_date: instantOf(today()) };
      expect(await bench.it.here(userId)).toMatchObject([
        { ...sub, quantity: 3, end_date: instantOf(monthsAfter(today(), 1)) },
      ]);
      fake.renew(id);
      fake.change(id, { price: 'price_enterprise', quantity: 2 });
      const end_date = instantOf(monthsAfter(today(), 2));
      expect(await bench.it.here(userId)).toMatchObject([
        { ...sub, plan_type: 'enterprise', quantity: 2, end_date },
      ]);
      fake.cancelAtPeriodEnd(id, true);
      expect(await bench.it.here(userId)).toMatchObject([
        { status: 'cancelled', cancelled_by: 'staff', end_date },
      ]);
      fake.cancelAtPeriodEnd(id, false);
      expect(await bench.it.here(userId)).toMatchObject([{ status: 'active', cancelled_by: null, end_date }]);
      fake.cancelNow(id);
      const [over] = await bench.it.here(userId);
      expect(over).toMatchObject({ status: 'cancelled' });
      expect(seconds(String(over?.end_date))).toBeLessThanOrEqual(Date.now() / 1_000);
    });

    it('is renewed by its payment, and not by the dates that Stripe moves before it', async () => {
      const { fake } = bench.it.billing;
      const { id, userId } = await bench.it.sold();
      const period = fake.failPayment(id);
      expect(await bench.it.here(userId)).toMatchObject([{ end_date: instantOf(period.start) }]);
      fake.pay(id, period);
      expect(await bench.it.here(userId)).toMatchObject([{ end_date: instantOf(period.end) }]);
    });

    it('that is paid for after its grace goes on as another one, under its id and the end of the first', async () => {
      const { fake } = bench.it.billing;
      const start = monthsAfter(today(), -3);
      const { id, userId } = await bench.it.sold({ start });
      fake.beginPeriod(id);
      const period = fake.beginPeriod(id);
      fake.pay(id, period);
      const late = fake.beginPeriod(id);
      fake.pay(id, late);
      const end = monthsAfter(start, 1);
      const [first, second] = await bench.it.here(userId);
      expect(first).toMatchObject({ external_id: id, status: 'expired', end_date: instantOf(end) });
      expect(second).toMatchObject({
        external_id: `${id}@${end}`,
        status: 'active',
        end_date: instantOf(late.end),
      });
      fake.cancelNow(id);
      expect((await bench.it.here(userId)).map(({ status }) => status)).toEqual(['expired', 'cancelled']);
    });

    it('that takes the place of one that was ended may be delivered first', async () => {
      const { fake, deliver } = bench.it.billing;
      const { customer, id, userId } = await bench.it.sold();
      let next = '';
      const events = eventsOf(bench.it.billing, () => {
        fake.cancelNow(id);
        next = fake.sell({ customer, price: 'price_basic', start: today() });
      });
      for (const event of events.toReversed()) expect(await deliver(event)).toBe(200);
      const after = new Map((await bench.it.here(userId)).map((one) => [one.external_id, one]));
      expect(after.get(id)).toMatchObject({ status: 'cancelled' });
      expect(after.get(next)).toMatchObject({ status: 'active', plan_type: 'basic' });
    });

    it('that changes between the look at it and the command is right in the end, with no other delivery', async () => {
      const { fake, stripe } = bench.it.billing;
      const { id, userId } = await bench.it.sold();
      stripe.onAnswer = (path) => {
        if (path !== '/v1/subscriptions') return;
        stripe.onAnswer = () => undefined;
        eventsOf(bench.it.billing, () => fake.change(id, { quantity: 3 }));
      };
      fake.change(id, { quantity: 7 });
      expect(await bench.it.here(userId)).toMatchObject([{ quantity: 3 }]);
    });
  });
