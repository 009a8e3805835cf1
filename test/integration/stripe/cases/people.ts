import { describe, expect, it } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { signUp } from '../../../support/requests/api.ts';
import type { UsedBench } from '../bench.ts';
import { eventsOf } from '../deliveries.ts';
import { monthsAfter } from '../fake/stripe.ts';
import { instantOf, today, userOf } from '../shown.ts';
import { PRICES, run } from '../system.ts';

export const casesForPeople = (bench: UsedBench) =>
  describe('what is for people to look at', () => {
    it('is an unknown price: parked, and followed once the file has it', async () => {
      const { fake, sellBy, restart } = bench.it.billing;
      const customer = fake.customer();
      const id = fake.sell({ customer, price: 'price_new', start: today() });
      await bench.it.allDone();
      const reason = `${id}: the file of prices does not have price_new`;
      expect(bench.it.reasonsOf(customer)).toBe(reason);
      expect((await run(bench.it.billing, 'parked')).stdout).toMatch(
        new RegExp(`^${customer}  .*Z  ${reason}$`, 'm'),
      );
      sellBy({ ...PRICES, price_new: { plan: 'basic' } });
      await restart();
      await eventually('it is no longer parked', () => bench.it.reasonsOf(customer) === undefined);
      expect(await bench.it.here(await userOf(bench.it.billing, customer))).toMatchObject([
        { external_id: id, plan_type: 'basic' },
      ]);
    });

    it('is a wrong setting: named, before anything is done', async () => {
      const started = run(bench.it.billing, 'serve', { LICENSE_URL: 'here', WORKERS: '0' });
      await expect(started).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/LICENSE_URL[\s\S]*WORKERS/),
      });
      await expect(run(bench.it.billing, 'recoil')).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringContaining('reconcile'),
      });
    });

    it('is a downgrade below the machines that are active; what is paid for is renewed all the same', async () => {
      const { fake, ask } = bench.it.billing;
      const account = await signUp(bench.it.billing.environment.LICENSE_URL);
      const customer = fake.customer({ metadata: { user_id: account.userId } });
      const id = fake.sell({ customer, price: 'price_basic', quantity: 2, start: today() });
      await bench.it.allDone();
      for (const client_id of ['a', 'b', 'c', 'd'])
        expect((await ask('/v1/activations', { body: { client_id }, by: account.token })).status).toBe(201);
      fake.change(id, { quantity: 1 });
      fake.renew(id);
      const end_date = instantOf(monthsAfter(today(), 2));
      expect(await bench.it.here(account.userId)).toMatchObject([{ quantity: 2, end_date }]);
      expect(bench.it.reasonsOf(customer)).toContain('too_many_clients');
    });

    it('is a delivery that Stripe did not sign: refused, and nothing is due', async () => {
      const { fake, deliver } = bench.it.billing;
      const events = eventsOf(bench.it.billing, () => {
        fake.sell({ customer: fake.customer(), price: 'price_pro', start: today() });
      });
      for (const event of events) expect(await deliver(event, 'whsec_of_somebody_else')).toBe(400);
      expect(bench.it.store.dueCount()).toBe(0);
      expect(
        (await fetch(`${bench.it.billing.service.url}/stripe/webhook`, { method: 'POST', body: '{}' }))
          .status,
      ).toBe(400);
      expect((await fetch(`${bench.it.billing.service.url}/health`)).status).toBe(200);
    });
  });
