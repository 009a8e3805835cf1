import { describe, expect, it } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import type { UsedBench } from '../bench.ts';

export const takenBackCases = (bench: UsedBench) =>
  describe('a payment that is taken back', () => {
    const status = async (userId: string) => (await bench.it.here(userId)).map((one) => one.status);

    it('by a dispute suspends; won, it is reinstated; lost, what staff reinstate stays so', async () => {
      const { fake, ask } = bench.it.billing;
      const { id, userId } = await bench.it.sold();
      const won = fake.dispute(fake.latestCharge(id));
      expect(await status(userId)).toEqual(['suspended']);
      fake.closeDispute(won, 'won');
      expect(await status(userId)).toEqual(['active']);
      fake.closeDispute(fake.dispute(fake.latestCharge(id)), 'lost');
      expect(await status(userId)).toEqual(['suspended']);
      const [mine] = await bench.it.here(userId);
      await ask(`/v1/subscriptions/${mine?.subscription_id}/reinstate`, { body: {} });
      fake.renew(id);
      expect(await status(userId)).toEqual(['active']);
    });

    it('does not lift what staff have suspended', async () => {
      const { fake, ask } = bench.it.billing;
      const { id, userId } = await bench.it.sold();
      const [mine] = await bench.it.here(userId);
      await ask(`/v1/subscriptions/${mine?.subscription_id}/suspend`, {
        body: { reason: 'a stolen account' },
      });
      await eventually('it is suspended', async () => (await status(userId))[0] === 'suspended');
      const dispute = fake.dispute(fake.latestCharge(id));
      expect(await status(userId)).toEqual(['suspended']);
      fake.closeDispute(dispute, 'won');
      expect(await status(userId)).toEqual(['suspended']);
    });

    it('by a refund of all of it suspends until the next one; by a refund of a part it changes nothing', async () => {
      const { fake } = bench.it.billing;
      const { id, userId } = await bench.it.sold();
      fake.refund(fake.latestCharge(id), false);
      expect(await status(userId)).toEqual(['active']);
      fake.refund(fake.latestCharge(id));
      expect(await status(userId)).toEqual(['suspended']);
      fake.renew(id);
      expect(await status(userId)).toEqual(['active']);
    });
  });
