import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UserRows } from '../../../shared/history/user-rows.ts';
import { applyEvent } from '../../../shared/read-model/fold/apply.ts';
import { allLicenses, recorded, USER } from './given.ts';
import { history, live } from './histories.ts';

const NOTHING_SHOWN = { email: null, name: null, clientName: null };

it('the read model’s fold and the decider’s say the same of any history', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const { story, happened } = live(steps, () => undefined);
      const rows = new UserRows();
      happened.forEach(({ event, now, role }, revision) => {
        const at = recorded(event, revision, { now, role });
        applyEvent(rows, { recorded: at, userId: USER, personal: NOTHING_SHOWN });
      });
      const { subscriptions } = story.state;
      const counting = [...subscriptions.counting].map(
        ([product, { subscriptionId: id, startDate: start }]) => [product, { id, start }],
      );
      expect(rows.user(USER)?.counting).toEqual(Object.fromEntries(counting));
      for (const [
        id,
        { graceDays: _, startedPlan: _plan, startedBy: _by, externalId = null, ...decided },
      ] of subscriptions.byId)
        expect(rows.subscription(id)).toMatchObject({ ...decided, externalId });
      for (const { licenseId, status, product, clientId, activatedAt, updatedAt } of allLicenses(story.state))
        expect(rows.license(licenseId)).toMatchObject({ status, product, clientId, activatedAt, updatedAt });
    }),
    { numRuns: 300 },
  );
});
