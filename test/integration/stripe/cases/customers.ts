import { describe, expect, it } from 'vitest';
import { signUp } from '../../../support/requests/api.ts';
import type { UsedBench } from '../bench.ts';
import { today } from '../shown.ts';

export const customerCases = (bench: UsedBench) =>
  describe('a customer', () => {
    it('who had an account and a trial is named in the metadata at Stripe, and keeps both account and machines', async () => {
      const { fake, ask } = bench.it.billing;
      const account = await signUp(bench.it.billing.environment.LICENSE_URL);
      await ask('/v1/subscriptions', { body: { plan: 'pro', trial: true }, by: account.token });
      await ask('/v1/activations', { body: { client_id: 'laptop' }, by: account.token });
      const customer = fake.customer({ email: account.email });
      const id = fake.sell({ customer, price: 'price_pro', start: today() });
      await bench.it.allDone();
      expect(bench.it.reasonsOf(customer)).toContain('email_taken');
      fake.updateCustomer(customer, { metadata: { user_id: account.userId } });
      const after = await bench.it.here(account.userId);
      expect(after.find(({ external_id: name }) => name === id)).toMatchObject({
        status: 'active',
        plan_type: 'pro',
      });
      expect(bench.it.reasonsOf(customer)).toBeUndefined();
      const licenses = await ask(`/v1/users/${account.userId}/licenses`);
      expect(licenses.body.items).toMatchObject([{ client_id: 'laptop', status: 'active' }]);
    });

    it('who has erased their account is shown to people, and nothing is sold to anybody else', async () => {
      const { fake, ask } = bench.it.billing;
      const account = await signUp(bench.it.billing.environment.LICENSE_URL);
      const customer = fake.customer({ metadata: { user_id: account.userId } });
      const id = fake.sell({ customer, price: 'price_pro', start: today() });
      expect(await bench.it.here(account.userId)).toMatchObject([{ external_id: id }]);
      await ask('/v1/me/erase', { body: { password: account.password }, by: account.token });
      fake.renew(id);
      await bench.it.allDone();
      expect(bench.it.reasonsOf(customer)).toContain('not_found');
    });

    it('who cancels here has cancelled at Stripe, and withdraws in either place', async () => {
      const { fake, ask, restart } = bench.it.billing;
      const account = await signUp(bench.it.billing.environment.LICENSE_URL);
      const customer = fake.customer({ metadata: { user_id: account.userId } });
      const id = fake.sell({ customer, price: 'price_pro', start: today() });
      const [mine] = await bench.it.here(account.userId);
      const atStripe = () => fake.subscriptions.get(id)?.cancel_at_period_end;
      const bringUp = async () => {
        bench.it.store.due(customer);
        await bench.it.allDone();
      };
      const verb = (name: string) =>
        ask(`/v1/subscriptions/${mine?.subscription_id}/${name}`, { body: {}, by: account.token });
      expect((await verb('cancel')).status).toBe(200);
      await bringUp();
      expect(atStripe()).toBe(true);
      expect(await bench.it.here(account.userId)).toMatchObject([{ cancelled_by: 'user' }]);
      expect((await verb('uncancel')).status).toBe(200);
      await restart();
      await bringUp();
      expect(atStripe()).toBe(false);
      expect((await verb('cancel')).status).toBe(200);
      await bringUp();
      fake.cancelAtPeriodEnd(id, false);
      expect(await bench.it.here(account.userId)).toMatchObject([{ status: 'active', cancelled_by: null }]);
    });
  });
