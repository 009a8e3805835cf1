import { createSecretKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewUserEvent } from '../../shared/events/types.ts';
import { partitionOf } from '../../shared/read-model/lanes.ts';
import { type Author, instant, newId } from '../integration/projector/author.ts';
import { MASTER_KEY, tool } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { writeHistory } from '../support/history.ts';
import { compareWithDirect, differing } from './direct-build.ts';
import { caughtUp, createFeedSystem, type FeedSystem, PARTITIONS } from './feed-system.ts';

let system: FeedSystem;
beforeEach(async () => {
  system = await createFeedSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const DAY = 86_400_000;
const rows = async (sql: string, ...values: unknown[]) => (await system.pool.query(sql, values)).rows;

/** A renewal of a subscription that nobody started. */
const unprojectable = ({ userId }: Author): NewUserEvent => ({
  type: 'SubscriptionRenewed',
  data: { userId, subscriptionId: newId(), endDate: instant(Date.now() + DAY) },
});

const parkOne = async () => {
  const user = system.author();
  await user.signUp();
  await user.append(unprojectable(user));
  await user.activate('behind it');
  return user;
};

describe('the same rows as by the direct feed', () => {
  test('of a history with emails taken again, erasures, parked users, and repetitions by the relay', async () => {
    await system.replaceStore(undefined, async () => {
      const summary = await writeHistory({
        eventStoreDatabaseUrl: system.storeDatabaseUrl,
        databaseUrl: system.databaseUrl,
        masterKey: createSecretKey(Buffer.from(MASTER_KEY, 'base64url')),
        events: 4_000,
        users: 400,
      });
      expect(summary.emailsTakenAgain).toBeGreaterThan(3);
      expect(summary.erased).toBeGreaterThan(3);
    });
    await eventually('the store is back', () => system.log.ping().then(() => true));
    for (let i = 0; i < 3; i++) await parkOne();
    const projector = await system.projectKafka();
    await system.relay();
    // A relay that was killed between Kafka's commit and its own checkpoint says the same again.
    const events = await Array.fromAsync(system.log.readAll());
    await system.publish(events.slice(-700));
    await system.publish(events.slice(-300));
    await caughtUp(system);
    await eventually('nothing waits', async () =>
      /projector_lag_events\{.*\} 0/.test(await (await fetch(`${projector.url}/metrics`)).text()),
    );
    const tables = await compareWithDirect(system);
    expect(differing(tables)).toEqual([]);
    expect(Number(tables.find(({ table }) => table === 'users')?.live.rows)).toBe(400 + 3);
    expect(tables.find(({ table }) => table === 'parked_events')?.live.rows).toBe('6');
    // Each event counts once, also where it stands in the topic three times.
    const [sums] = await rows(
      `SELECT (SELECT sum(activations)::int FROM read_model.activations_by_day) AS activations,
              (SELECT count(*)::int FROM read_model.licenses) AS licenses`,
    );
    expect(sums.activations).toBe(sums.licenses);
  });

  test('where an email is taken in one partition before it was released in another', async () => {
    const first = system.author();
    const second = [...Array(50)]
      .map(() => system.author(newId(), first.email))
      .find(
        (user) => partitionOf(user.userId, PARTITIONS) !== partitionOf(first.userId, PARTITIONS),
      ) as Author;
    await first.signUp();
    await first.erase();
    const emailDigest = await system.vault.emailDigest(first.email);
    const { userId, email } = second;
    await second.append({
      type: 'UserSignedUp',
      data: { userId, emailDigest, personal: { email, passwordHash: 'none' } },
    });
    const events = await Array.fromAsync(system.log.readAll());
    const ofSecond = events.filter(({ data }) => data.userId === userId);
    await system.projectKafka();
    // The lane of the second user is ahead; the first one's row still has the address, if it has not been erased yet.
    await system.publish(events.filter(({ type, data }) => data.userId !== userId && type !== 'UserErased'));
    await system.publish(ofSecond);
    await eventually(
      'the second has it',
      async () =>
        (await rows(`SELECT FROM read_model.users WHERE email = $1 AND user_id = $2`, email, userId))
          .length === 1,
    );
    await system.publish(events.filter(({ type }) => type === 'UserErased'));
    await eventually(
      'the first has none',
      async () =>
        (
          await rows(
            `SELECT FROM read_model.users WHERE email IS NULL AND user_id = $1 AND status = 'erased'`,
            first.userId,
          )
        ).length === 1,
    );
    expect(await rows('SELECT FROM read_model.parked_events')).toEqual([]);
    expect(differing(await compareWithDirect(system))).toEqual([]);
  });

  test('where an operator has parked events tried again and let go', async () => {
    await system.projectKafka();
    const users = [await parkOne(), await parkOne(), await parkOne(), await parkOne()];
    await system.relay();
    await caughtUp(system);
    const firsts = await rows(
      'SELECT DISTINCT ON (user_id) event_id FROM read_model.parked_events ORDER BY user_id, revision',
    );
    expect(firsts).toHaveLength(4);
    expect(await tool(system, 'parked', 'retry', '--all')).toMatchObject({ code: 0 });
    await eventually(
      'all were tried again',
      async () => (await rows(`SELECT FROM read_model.parked_events WHERE attempts = 2`)).length === 4,
    );
    for (const { event_id: id } of firsts) {
      expect(await tool(system, 'parked', 'skip', id)).toMatchObject({ code: 0 });
    }
    await eventually(
      'none is parked',
      async () => (await rows('SELECT FROM read_model.parked_events')).length === 0,
    );
    // What comes later is applied again.
    for (const user of users) await user.activate('later');
    await system.relay();
    await caughtUp(system);
    expect(differing(await compareWithDirect(system))).toEqual([]);
    expect(await rows('SELECT FROM read_model.licenses')).toHaveLength(8);
  });
});
