import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventStoreFeed } from '../../../projector/feeds/event-store.ts';
import type { LogFeed } from '../../../projector/feeds/feed.ts';
import { EventStoreUnavailable } from '../../../shared/event-log/errors.ts';
import { allRows, createSystem, type System } from '../projector/system.ts';
import { buildInto } from './build-as-of.ts';
import { appendAt, knownHistory, without } from './moments.ts';

let system: System;
let known: Awaited<ReturnType<typeof knownHistory>>;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
  known = await knownHistory(system);
});
afterAll(() => system[Symbol.asyncDispose]());

/** A feed that gives one event at a time, and breaks behind so many. */
function breaking(after: number): LogFeed {
  const feed = eventStoreFeed(system.log, 1);
  return {
    verify: feed.verify,
    waiting: feed.waiting,
    end: feed.end,
    userEvents: feed.userEvents,
    async *batches(last, signal) {
      let left = after;
      for await (const batch of feed.batches(last, signal)) {
        if (left-- === 0) throw new EventStoreUnavailable();
        yield batch;
      }
    },
  };
}

describe('building read models as of a time', () => {
  test('goes on after an interruption at any event, to the same rows', async () => {
    const { ben } = known;
    const { at } = known.moments[6] as (typeof known.moments)[number];
    const [dora, { userId }] = [system.author(), ben];
    // Decided in time and logged late, between two events of a user who was cut before: the second claims to be early.
    const late = {
      userId: dora.userId,
      emailDigest: '0'.repeat(64),
      personal: { email: 'd', passwordHash: 'x' },
    };
    await appendAt(dora, at - 1, { type: 'UserSignedUp', data: late });
    await appendAt(ben, at - 1, {
      type: 'PasswordChanged',
      data: { userId, personal: { passwordHash: 'z' } },
    });
    await buildInto(system, 'whole', { asOf: at });
    const whole = await allRows(system, 'whole');
    expect(whole.users).toHaveLength(3);
    expect(whole.users).toContainEqual(expect.objectContaining({ user_id: userId, revision: '2' }));
    for (let after = 0; after < 16; after++) {
      const schema = `broken_${after}`;
      const broken = buildInto(system, schema, { asOf: at, feed: breaking(after) });
      await expect(broken).rejects.toBeInstanceOf(EventStoreUnavailable);
      const { rows: marks } = await system.pool.query(`SELECT completed_at FROM ${schema}.license_replay`);
      expect(marks).toEqual([{ completed_at: null }]);
      await buildInto(system, schema, { asOf: at });
      expect(await allRows(system, schema), schema).toEqual(whole);
    }
  });

  test('without a time goes on as of the time at which it was begun', async () => {
    await expect(buildInto(system, 'begun', { feed: breaking(3) })).rejects.toThrow();
    const begun = await system.pool.query('SELECT as_of FROM begun.license_replay');
    const { asOf } = await buildInto(system, 'begun');
    expect(asOf).toBe(begun.rows[0].as_of.getTime());
  });

  test('ends when it is told to, and goes on from there', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const feed: LogFeed = {
      ...breaking(1_000),
      async *batches(last, signal) {
        for await (const batch of eventStoreFeed(system.log, 1).batches(last, signal)) {
          yield batch;
          stop.abort(reason);
        }
      },
    };
    await expect(buildInto(system, 'stopped', { feed, signal: stop.signal })).rejects.toBe(reason);
    expect((await buildInto(system, 'stopped', { personal: false })).built).toBe(true);
    const now = without((await allRows(system)) as never, () => true);
    expect(await allRows(system, 'stopped')).toEqual(now);
  });

  test('twice at once: one is refused', async () => {
    const both = await Promise.allSettled([buildInto(system, 'twice'), buildInto(system, 'twice')]);
    const refused = both.filter((one) => one.status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'replay_running' } }]);
  });

  test('refuses what is of another event store', async () => {
    await expect(buildInto(system, 'foreign_store', { feed: breaking(5) })).rejects.toThrow();
    await system.pool.query(
      `UPDATE foreign_store.checkpoints SET last_event_id = gen_random_uuid() WHERE last_event_id IS NOT NULL`,
    );
    await expect(buildInto(system, 'foreign_store')).rejects.toMatchObject({ code: 'store_replaced' });
    expect((await buildInto(system, 'foreign_store', { fresh: true })).built).toBe(true);
  });
});
