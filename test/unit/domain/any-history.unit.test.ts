import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../command-service/domain/user.ts';
import { evolve, initialState } from '../../../command-service/domain/user-state.ts';
import type { Role } from '../../../shared/events/metadata.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { isCurrentAt } from '../../../shared/subscription-status.ts';
import { DAY, NOW, recorded, Story, signedUp, USER } from './given.ts';

/** A command that names what is there by its place in the history, so that most of them hit something. */
type Step = (story: Story) => Command;

const nth = <T>(items: Iterable<T>, n: number): T | undefined => {
  const all = [...items];
  return all[n % Math.max(all.length, 1)];
};
const subscription = (story: Story, n: number) => nth(story.state.subscriptions.byId.keys(), n) ?? USER;
const license = (story: Story, n: number) => nth(story.state.licenses.byId.keys(), n) ?? USER;

const plan = fc.constantFrom('free', 'basic', 'pro', 'enterprise', 'gold');
const clientId = fc.constantFrom(...Array.from({ length: 14 }, (_, n) => `client-${n}`));
const any = fc.nat({ max: 20 });

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ plan, months: fc.integer({ min: 1, max: 3 }) }).map(
    ({ plan, months }): Step =>
      () => ({ type: 'StartSubscription', plan, period: { months } }),
  ),
  fc.record({ plan, ahead: fc.integer({ min: -40, max: 40 }), days: fc.integer({ min: -1, max: 90 }) }).map(
    ({ plan, ahead, days }): Step =>
      ({ now }) => {
        const startDate = now + ahead * DAY;
        return { type: 'StartSubscription', plan, period: { startDate, endDate: startDate + days * DAY } };
      },
  ),
  fc.record({ any, days: fc.integer({ min: -5, max: 60 }) }).map(
    ({ any, days }): Step =>
      (story) => {
        const subscriptionId = subscription(story, any);
        const endDate = (story.state.subscriptions.byId.get(subscriptionId)?.endDate ?? NOW) + days * DAY;
        return { type: 'RenewSubscription', subscriptionId, period: { endDate } };
      },
  ),
  fc.record({ any, plan }).map(
    ({ any, plan }): Step =>
      (story) => ({ type: 'ChangePlan', subscriptionId: subscription(story, any), plan }),
  ),
  fc.record({ any, immediately: fc.boolean() }).map(
    ({ any, immediately }): Step =>
      (story) => ({ type: 'CancelSubscription', subscriptionId: subscription(story, any), immediately }),
  ),
  fc.record({ any, type: fc.constantFrom('SuspendSubscription', 'ReinstateSubscription') }).map(
    ({ any, type }): Step =>
      (story) =>
        ({ type, subscriptionId: subscription(story, any) }) as Command,
  ),
  {
    weight: 6,
    arbitrary: clientId.map(
      (id): Step =>
        () => ({ type: 'ActivateClient', clientId: id }),
    ),
  },
  clientId.map(
    (id): Step =>
      () => ({ type: 'DeactivateClient', clientId: id }),
  ),
  {
    weight: 3,
    arbitrary: fc
      .record({ any, type: fc.constantFrom('DeactivateLicense', 'RevokeLicense', 'ReinstateLicense') })
      .map(
        ({ any, type }): Step =>
          (story) =>
            ({ type, licenseId: license(story, any) }) as Command,
      ),
  },
  fc.constant<Step>(() => ({ type: 'LogOut', tokenId: USER, rev: 0, expiresAt: NOW + DAY })),
);

const history = fc.array(
  fc.record({
    step,
    role: fc.constantFrom<Role>('user', 'operator', 'operator'),
    hours: fc.constantFrom(0, 0, 0, 1, 24, 24 * 9, 24 * 40),
  }),
  { minLength: 1, maxLength: 80, size: 'max' },
);

type Steps = typeof history extends fc.Arbitrary<infer S> ? S : never;

/** Lets a history happen, asking `check` after each command. @returns the events, each with its time */
function live(steps: Steps, check: (story: Story, command: Command) => void) {
  const story = Story.given(signedUp);
  const happened: { event: NewUserEvent; now: number; role?: (typeof steps)[number]['role'] }[] = [
    { event: signedUp, now: NOW },
  ];
  for (const { step, role, hours } of steps) {
    story.by(role).at(story.now + hours * 3_600_000);
    const command = step(story);
    const decision = story.does(command);
    if (decision.kind === 'events') {
      happened.push(...decision.events.map((event) => ({ event, now: story.now, role })));
      check(story, command);
    }
  }
  return { story, happened };
}

describe('in any history that the decider can produce', () => {
  it('there are never more active clients than the subscription that counts allows', () => {
    fc.assert(
      fc.property(history, (steps) => {
        live(steps, ({ state }) => {
          const active = [...state.licenses.byId.values()].filter(({ status }) => status === 'active');
          expect(state.licenses.active).toBe(active.length);
          expect(new Set(active.map((held) => held.clientId)).size).toBe(active.length);
          expect(active.length).toBeLessThanOrEqual(state.subscriptions.last?.terms.maxClients ?? 0);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('at most one subscription is current, and it is the one started last', () => {
    fc.assert(
      fc.property(history, (steps) => {
        live(steps, ({ state, now }) => {
          const current = [...state.subscriptions.byId.values()].filter((held) => isCurrentAt(held, now));
          expect(current.length).toBeLessThanOrEqual(1);
          if (current[0]) expect(current[0]).toBe(state.subscriptions.last);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('a command that took effect yields no event when it is decided again', () => {
    fc.assert(
      fc.property(history, (steps) => {
        live(steps, (story, command) => expect(story.when(command).kind).not.toBe('events'));
      }),
      { numRuns: 300 },
    );
  });

  it('evolve accepts it, and folding it again gives the same state', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { story, happened } = live(steps, () => undefined);
        let again = initialState(USER);
        happened.forEach(({ event, ...how }, revision) => {
          again = evolve(again, recorded(event, revision, how));
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
