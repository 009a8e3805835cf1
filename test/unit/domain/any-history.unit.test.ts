import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { License, Subscription } from '../../../command-service/domain/entities.ts';
import { licenseOf } from '../../../command-service/domain/licenses/state.ts';
import { evolve, initialState } from '../../../command-service/domain/user-state.ts';
import { findPlan } from '../../../shared/catalogue/catalogue.ts';
import { comparedClientId } from '../../../shared/identity/opaque.ts';
import { isCurrentAt } from '../../../shared/subscription-status.ts';
import { allLicenses, recorded, type Story, USER } from './given.ts';
import { CATALOGUE, type Check, history, live } from './histories.ts';

const PRODUCTS = ['app', 'studio'];

const inAnyHistory = (check: Check, numRuns = 300) =>
  fc.assert(
    fc.property(history, (steps) => void live(steps, check)),
    { numRuns },
  );

const places = ({ terms, quantity }: Subscription) => terms.maxClients * quantity;

describe('in any history that the decider can produce', () => {
  it('there are never more active clients of a product than what counts for it allows', () => {
    inAnyHistory(({ state }) => {
      for (const product of PRODUCTS) {
        const all = allLicenses(state).filter((held) => held.product === product);
        const active = all.filter(({ status }) => status === 'active');
        const held = state.licenses.ofProduct.get(product);
        const counting = state.subscriptions.counting.get(product);
        expect(held?.active ?? 0).toBe(active.length);
        expect(new Set(active.map(({ clientId }) => clientId)).size).toBe(active.length);
        expect(active.length).toBeLessThanOrEqual(counting ? places(counting) : 0);
      }
    });
  });

  it('at most one subscription of a product is current, and it is the one that counts', () => {
    inAnyHistory(({ state, now }) => {
      for (const product of PRODUCTS) {
        const ofProduct = [...state.subscriptions.byId.values()].filter((held) => held.product === product);
        const current = ofProduct.filter((held) => isCurrentAt(held, now));
        expect(current.length).toBeLessThanOrEqual(1);
        if (current[0]) expect(current[0]).toBe(state.subscriptions.counting.get(product));
      }
    });
  });

  it('a command that took effect yields no event when it is decided again', () => {
    inAnyHistory((story, command) => expect(story.when(command).kind).not.toBe('events'));
  });

  it('evolve accepts it, and folding it again gives the same state', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { story, happened } = live(steps, () => undefined);
        let again = initialState(USER);
        happened.forEach(({ event, now, role }, revision) => {
          again = evolve(again, recorded(event, revision, { now, role }));
        });
        // Event ids are random here.
        const { recentCommands: _, lastEventId: _id, ...expected } = story.state;
        const { recentCommands: commands, lastEventId: _other, ...actual } = again;
        expect(actual).toEqual(expected);
        expect(commands.size).toBe(story.state.recentCommands.size);
      }),
      { numRuns: 200 },
    );
  });
});

describe('whatever a customer asks for between the commands of staff', () => {
  /** Asks about each command of the customer that took effect. */
  const afterCustomers = (check: (story: Story, before: Story['state']) => void) =>
    inAnyHistory((story, _, before) => {
      if (story.role === 'user') check(story, before);
    }, 500);

  it('never extends, revives or widens what staff cancelled or suspended', () => {
    afterCustomers(({ state }, before) => {
      for (const held of before.subscriptions.byId.values()) {
        const after = state.subscriptions.byId.get(held.subscriptionId) as Subscription;
        if (held.cancelledBy !== 'staff' && !held.suspended) continue;
        expect(after.endDate).toBeLessThanOrEqual(held.endDate);
        expect(places(after)).toBeLessThanOrEqual(places(held));
        expect(after).toMatchObject({ suspended: held.suspended, plan: held.plan });
        if (held.cancelledBy === 'staff') expect(after.cancelledBy).toBe('staff');
      }
    });
  });

  it('starts nothing of a product whose subscription staff suspended, and nothing that is staff’s to sell', () => {
    afterCustomers(({ state, now }, before) => {
      for (const [subscriptionId, after] of state.subscriptions.byId) {
        if (before.subscriptions.byId.has(subscriptionId)) continue;
        const counted = before.subscriptions.counting.get(after.product);
        expect(counted?.suspended ?? false).toBe(false);
        expect(counted ? isCurrentAt(counted, now) : false).toBe(false);
        const plan = findPlan(CATALOGUE, after.product, after.plan);
        expect(after.trial || plan?.startedBy === 'customer').toBe(true);
        expect(after.quantity).toBe(1);
      }
      const trials = [...state.subscriptions.byId.values()].filter(({ trial }) => trial);
      expect(new Set(trials.map(({ product }) => product)).size).toBe(trials.length);
    });
  });

  it('revives no license that staff revoked, and gives its client no other', () => {
    afterCustomers(({ state }, before) => {
      for (const license of allLicenses(before)) {
        if (license.status !== 'revoked') continue;
        const after = licenseOf(state.licenses, license.licenseId) as License;
        expect(after.status).toBe('revoked');
        const ofProduct = state.licenses.ofProduct.get(license.product);
        expect(ofProduct?.ofClient.get(comparedClientId(license.clientId))?.status).toBe('revoked');
      }
    });
  });
});
