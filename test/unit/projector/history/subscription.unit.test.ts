import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causeOf } from '../../../../projector/history/intervals/cause.ts';
import { Known } from '../../../../projector/history/intervals/interval.ts';
import {
  eraseSubscription,
  isShown,
  type SubscriptionState,
  takeSubscriptionEvent,
} from '../../../../projector/history/intervals/subscription.ts';
import type { Recorded, UserEvent } from '../../../../shared/events/types.ts';
import {
  factsOf,
  projectSubscription,
  type Subscription,
  type SubscriptionEvent,
} from '../../../../shared/read-model/fold/subscription.ts';
import { mrrOf } from '../../../../shared/recurring-revenue.ts';
import { subscriptionStatusAt } from '../../../../shared/subscription-status.ts';
import { recorded, USER } from '../../domain/given.ts';
import { history, live } from '../../domain/histories.ts';
import { Table } from './table.ts';

const RUNS = Number(process.env.HISTORY_RUNS ?? 150);

/** An event with its time as the fold has it. */
interface Taken {
  readonly recorded: Recorded<UserEvent>;
  readonly at: number;
}

const isOfSubscription = (event: UserEvent): event is SubscriptionEvent =>
  event.type.startsWith('Subscription');

/** A random history with clocks that differ; it may end with the customer's erasure. */
const anyHistory = fc
  .record({
    steps: history,
    clocks: fc.array(fc.integer({ min: -3_600_000, max: 3_600_000 }), { minLength: 1, maxLength: 20 }),
    erased: fc.boolean(),
  })
  .map(({ steps, clocks, erased }): Taken[] => {
    const { happened, story } = live(steps, () => undefined);
    const end = {
      event: { type: 'UserErased', data: { userId: USER, emailBlocked: false } },
      now: story.now,
    } as const;
    let last = 0;
    return [...happened, ...(erased ? [{ ...end, role: 'user' as const }] : [])].map(
      ({ event, now, role }, i) => {
        last = Math.max(last, now + (clocks[i % clocks.length] as number));
        return { recorded: recorded(event, i, { now, role }), at: last };
      },
    );
  });

/** Folds what is known at an instant, at one instant alone: what an event reaches back to, it is applied to. */
function believed(events: readonly Taken[], subscriptionId: string, valid: number, known: number) {
  let now: Subscription | undefined;
  let then: { subscription: Subscription; erased: boolean; cause: string } | undefined;
  for (const { recorded, at } of events) {
    if (at > known) break;
    const { event, metadata } = recorded;
    if (event.type === 'UserErased') {
      if (at <= valid && then) then = { ...then, erased: true, cause: recorded.event.type };
      continue;
    }
    if (!isOfSubscription(event) || event.data.subscriptionId !== subscriptionId) continue;
    let from = at;
    if (event.type === 'SubscriptionStarted') from = Math.min(at, Date.parse(event.data.startDate));
    if (event.type === 'SubscriptionRenewed') from = Math.min(at, (now as Subscription).endDate);
    if (event.type === 'SubscriptionCancelled') from = Math.min(at, Date.parse(event.data.endDate));
    const isTold = event.type === 'SubscriptionEnding' || event.type === 'SubscriptionLapsed';
    if (from <= valid && !isTold && (then || event.type === 'SubscriptionStarted')) {
      const subscription = projectSubscription(then?.subscription, event, metadata, at);
      then = { subscription, erased: false, cause: event.type };
    }
    now = projectSubscription(now, event, metadata, at);
  }
  return then;
}

/** The tables of a history, written in batches that end where `ends` says. */
function tablesOf(events: readonly Taken[], ends: readonly number[]) {
  const known = new Map<string, Known<SubscriptionState>>();
  const folded = new Map<string, Subscription>();
  const tables = new Map<string, Table<SubscriptionState>>();
  const write = () => {
    for (const [id, one] of known) {
      const table = tables.get(id) ?? new Table();
      tables.set(id, table);
      table.write(one.takeChanges());
    }
  };
  for (const [i, { recorded, at }] of events.entries()) {
    const { event, metadata } = recorded;
    const cause = causeOf(recorded);
    if (isOfSubscription(event)) {
      const one = known.get(event.data.subscriptionId) ?? new Known<SubscriptionState>();
      known.set(event.data.subscriptionId, one);
      const after = projectSubscription(folded.get(event.data.subscriptionId), event, metadata, at);
      folded.set(event.data.subscriptionId, after);
      if (isShown(event))
        takeSubscriptionEvent(one, event, metadata, { at, cause, after, customerErased: false });
    } else if (event.type === 'UserErased')
      for (const one of known.values()) eraseSubscription(one, at, cause);
    if (ends.includes(i)) write();
  }
  write();
  return tables;
}

const shown = ({ subscription, customerErased, status, mrr, cause }: SubscriptionState) => ({
  ...shownOf(subscription),
  customerErased,
  status,
  mrr,
  cause: cause.type,
});
const shownOf = ({
  endNotice: _,
  createdAt: _c,
  updatedAt: _u,
  externalId: _e,
  terms,
  ...others
}: Subscription) => ({
  ...others,
  maxClients: terms.maxClients,
  price: terms.price,
  graceDays: terms.graceDays,
});

/** Every instant at which something begins or ends, and those beside it. */
const instantsOf = (table: Table<SubscriptionState>, axis: 'valid' | 'known') => {
  const bounds = table.rows.flatMap((row) => [row[`${axis}From`], row[`${axis}To`]]);
  const all = bounds.filter(Number.isFinite).flatMap((bound) => [bound - 1, bound, bound + 1]);
  return [...new Set(all)];
};

describe('intervals of subscriptions', () => {
  it('say at any moment, as known at any moment, what the fold says', () => {
    fc.assert(
      fc.property(
        anyHistory,
        fc.array(fc.nat({ max: 80 })),
        fc.array(fc.nat(), { minLength: 40 }),
        (events, ends, picks) => {
          for (const [id, table] of tablesOf(events, ends)) {
            const [valids, knowns] = [instantsOf(table, 'valid'), instantsOf(table, 'known')];
            for (const [i, pick] of picks.entries()) {
              const valid = valids[pick % valids.length] as number;
              const known = knowns[(pick * 31 + i) % knowns.length] as number;
              const expected = believed(events, id, valid, known);
              const row = table.at(valid, known);
              if (!expected) expect(row).toBeUndefined();
              else {
                const { subscription, erased, cause } = expected;
                const facts = { ...factsOf(subscription), ...subscription, price: subscription.terms.price };
                expect(shown(row?.state as SubscriptionState)).toEqual({
                  ...shownOf(subscription),
                  customerErased: erased,
                  status: subscriptionStatusAt(facts, valid),
                  mrr: erased ? 0n : mrrOf(facts, valid),
                  cause,
                });
              }
            }
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('are as few as they can be, and the same whatever the batches', () => {
    fc.assert(
      fc.property(anyHistory, fc.array(fc.nat({ max: 80 })), (events, ends) => {
        const whole = tablesOf(events, []);
        for (const [id, { rows }] of tablesOf(events, ends)) {
          expect(new Set(rows)).toEqual(new Set(whole.get(id)?.rows));
          for (const row of rows) {
            expect(row.validFrom).toBeLessThan(row.validTo);
            expect(row.knownFrom).toBeLessThan(row.knownTo);
            const next = rows.find(
              (other) =>
                other.validFrom === row.validTo &&
                other.knownFrom === row.knownFrom &&
                other.knownTo === row.knownTo,
            );
            if (next) expect({ ...next.state, before: null }).not.toEqual({ ...row.state, before: null });
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('say what held just before them, as it was known all the time that they were', () => {
    fc.assert(
      fc.property(anyHistory, fc.array(fc.nat({ max: 80 })), (events, ends) => {
        for (const table of tablesOf(events, ends).values())
          for (const { state, validFrom, knownFrom, knownTo } of table.rows)
            for (const known of [knownFrom, Math.min(knownTo, knownFrom + 10 ** 12) - 1]) {
              const before = table.at(validFrom - 1, known)?.state;
              expect(state.before).toEqual({
                mrr: before?.mrr ?? 0n,
                currency: before?.mrr ? before.subscription.terms.price?.currency : null,
                endDate: before?.subscription.endDate ?? null,
              });
            }
      }),
      { numRuns: RUNS },
    );
  });
});
