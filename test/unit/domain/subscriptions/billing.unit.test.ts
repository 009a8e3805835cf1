import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Command } from '../../../../command-service/domain/user.ts';
import { DAY, NOW, Story, signedUp, start } from '../given.ts';

/** What a billing provider says of one subscription, in the order of its own doing. */
type Delivery =
  | { readonly kind: 'start'; readonly n: number; readonly startDate: number; readonly endDate: number }
  | { readonly kind: 'renew'; readonly n: number; readonly endDate: number }
  | { readonly kind: 'cancel'; readonly n: number };

const command = (story: Story, delivery: Delivery): Command => {
  const externalId = `sub_${delivery.n}`;
  const { startDate, endDate } = { startDate: 0, endDate: 0, ...delivery };
  if (delivery.kind === 'start') return { ...start('pro', { startDate, endDate }), externalId };
  const held = [...story.state.subscriptions.byId.values()].find((one) => one.externalId === externalId);
  const subscriptionId = held?.subscriptionId ?? '';
  return delivery.kind === 'renew'
    ? { type: 'RenewSubscription', subscriptionId, period: { endDate } }
    : { type: 'CancelSubscription', subscriptionId, immediately: true };
};

/** Subscriptions one after the other: each is started, renewed month by month, and cancelled. */
const billed = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }).map((renewals) => {
  let now = NOW;
  return renewals.flatMap((count, n): { at: number; delivery: Delivery }[] => {
    const startDate = now;
    const month = 30 * DAY;
    const life: { at: number; delivery: Delivery }[] = [
      { at: startDate, delivery: { kind: 'start', n, startDate, endDate: startDate + month } },
    ];
    for (let k = 1; k <= count; k += 1)
      life.push({
        at: startDate + k * month - DAY,
        delivery: { kind: 'renew', n, endDate: startDate + (k + 1) * month },
      });
    now = startDate + count * month + DAY;
    life.push({ at: now, delivery: { kind: 'cancel', n } });
    return life;
  });
});

/** Copies of a delivery: how many of the later ones come before each. */
const copies = fc.array(fc.nat({ max: 12 }), { maxLength: 4 });

const deliver = (deliveries: readonly { readonly at: number; readonly delivery: Delivery }[]) => {
  const story = Story.given(signedUp).by('staff');
  for (const { at, delivery } of deliveries) story.at(Math.max(story.now, at)).does(command(story, delivery));
  return story.state.subscriptions;
};

it('a billing history, each delivery of it repeated and late, is that of each delivery once', () => {
  fc.assert(
    fc.property(billed, fc.array(copies, { minLength: 40, maxLength: 40 }), (once, late) => {
      const repeated = once
        .flatMap((one, index) => [
          { ...one, order: index },
          ...(late[index] ?? []).map((after) => ({ ...one, order: index + after + 0.5 })),
        ])
        .sort((one, other) => one.order - other.order);
      expect(deliver(repeated)).toEqual(deliver(once));
    }),
    { numRuns: 300 },
  );
});

it('renewals towards end dates come to the same in any order', () => {
  const days = fc.uniqueArray(fc.integer({ min: -5, max: 90 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(days, fc.infiniteStream(fc.nat()), (ends, random) => {
      const renewals = ends.map((day) => ({
        at: NOW,
        delivery: { kind: 'renew', n: 0, endDate: NOW + (30 + day) * DAY } as const,
      }));
      const shuffled = renewals
        .map((renewal) => ({ renewal, at: random.next().value ?? 0 }))
        .sort((one, other) => one.at - other.at)
        .map(({ renewal }) => renewal);
      const first = {
        at: NOW,
        delivery: { kind: 'start', n: 0, startDate: NOW, endDate: NOW + 30 * DAY } as const,
      };
      expect(deliver([first, ...shuffled])).toEqual(deliver([first, ...renewals]));
    }),
  );
});
