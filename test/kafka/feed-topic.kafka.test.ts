import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kafkaLane, partitionOf } from '../../shared/read-model/lanes.ts';
import { type Author, newId } from '../integration/projector/author.ts';
import { readiness } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { compareWithDirect, differing } from './direct-build.ts';
import { caughtUp, createFeedSystem, type FeedSystem, lanesOf, PARTITIONS } from './feed-system.ts';

let system: FeedSystem;
beforeEach(async () => {
  system = await createFeedSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

type Projector = Awaited<ReturnType<FeedSystem['projectKafka']>>;
const metricsOf = async ({ url }: Projector) => (await fetch(`${url}/metrics`)).text();
const ready = (projector: Projector) =>
  eventually('ready', async () => (await readiness(projector)).status === 200, 40_000);
/** Waits until it has stopped and is not ready, for this reason, and has named a way out. */
const stopped = (projector: Projector, code: string) =>
  eventually(
    `it stopped: ${code}`,
    async () => {
      const { status, body } = await readiness(projector);
      if (status !== 503 || body.dependencies.feed !== 'down') return false;
      const line = projector.lines.find(({ msg, err }) => msg === 'feed_stopped' && err?.code === code);
      return (
        line?.way_out && /projector_feed_state\{.*state="stopped".*\} 1/.test(await metricsOf(projector))
      );
    },
    40_000,
  );

/** Users of every partition, each with a machine. */
async function customers(): Promise<Author[]> {
  const users: Author[] = [];
  while (users.length < 2 * PARTITIONS) {
    const id = newId();
    if (partitionOf(id, PARTITIONS) !== users.length % PARTITIONS) continue;
    const user = system.author(id);
    await user.signUp();
    await user.activate('laptop');
    users.push(user);
  }
  return users;
}

/** Removes the topic's records before these offsets, as its retention does; before its end unless given. */
async function dropRecords(before?: (partition: number, end: bigint) => bigint) {
  const admin = system.kafka.admin();
  await admin.connect();
  try {
    const ends = await admin.fetchTopicOffsets(system.topic);
    await admin.deleteTopicRecords({
      topic: system.topic,
      partitions: ends.map(({ partition, high }) => ({
        partition,
        offset: String(before ? before(partition, BigInt(high)) : high),
      })),
    });
  } finally {
    await admin.disconnect();
  }
}

async function replaceTopic(partitions: number) {
  const admin = system.kafka.admin();
  await admin.connect();
  try {
    await admin.deleteTopics({ topics: [system.topic] });
    await eventually('it is gone', async () => !(await admin.listTopics()).includes(system.topic));
    await eventually('it is made anew', () =>
      admin.createTopics({
        topics: [{ topic: system.topic, numPartitions: partitions, replicationFactor: 1 }],
      }),
    );
  } finally {
    await admin.disconnect();
  }
}

/** Everything up to here is applied, and no projector is at work. */
async function appliedSoFar(): Promise<Author[]> {
  const users = await customers();
  await system.relay();
  const projector = await system.projectKafka();
  await caughtUp(system);
  await projector.stop();
  return users;
}

describe('the topic has dropped records', () => {
  test('that were applied: it goes on behind them', async () => {
    const users = await appliedSoFar();
    // Offsets alone look like a loss: behind the last event stands the marker of its transaction.
    await dropRecords();
    const projector = await system.projectKafka();
    await ready(projector);
    for (const user of users) await user.activate('phone');
    await system.relay();
    await caughtUp(system);
    expect(differing(await compareWithDirect(system))).toEqual([]);
  });

  test('that were not: it stops; the direct feed catches up, and then it goes on', async () => {
    const users = await appliedSoFar();
    for (const user of users) await user.activate('phone');
    await system.relay();
    await dropRecords((_, end) => end - 1n);
    for (const user of users) await user.activate('tablet');
    await system.relay();
    const projector = await system.projectKafka();
    await stopped(projector, 'records_missing');
    expect(
      (await system.pool.query(`SELECT FROM read_model.licenses WHERE client_id = 'tablet'`)).rowCount,
    ).toBe(0);
    await projector.stop();

    const direct = await system.project();
    await eventually(
      'the direct feed has them',
      async () =>
        (await system.pool.query(`SELECT FROM read_model.licenses WHERE client_id = 'tablet'`)).rowCount ===
        users.length,
    );
    await direct.stop();
    const again = await system.projectKafka();
    await ready(again);
    for (const user of users) await user.activate('watch');
    await system.relay();
    await caughtUp(system);
    expect(differing(await compareWithDirect(system))).toEqual([]);
  });

  test('before anything was applied: it stops, for history is missing', async () => {
    await customers();
    await system.relay();
    await dropRecords((_, end) => end - 1n);
    await stopped(await system.projectKafka(), 'records_missing');
    expect((await system.pool.query('SELECT FROM read_model.users')).rowCount).toBe(0);
  });
});

describe('the topic is another one', () => {
  test('made anew, and shorter: it stops', async () => {
    await appliedSoFar();
    await replaceTopic(PARTITIONS);
    await stopped(await system.projectKafka(), 'topic_replaced');
  });

  test('made anew, with other events at the same offsets: it stops, and applies none of them', async () => {
    await appliedSoFar();
    const before = await system.pool.query('SELECT * FROM read_model.users ORDER BY user_id');
    await replaceTopic(PARTITIONS);
    const events = await Array.fromAsync(system.log.readAll());
    await customers();
    const all = await Array.fromAsync(system.log.readAll());
    await eventually('the topic takes records', () =>
      system.publish(all.slice(events.length)).then(() => true),
    );
    await system.publish(all.slice(events.length));
    await stopped(await system.projectKafka(), 'topic_replaced');
    expect((await system.pool.query('SELECT * FROM read_model.users ORDER BY user_id')).rows).toEqual(
      before.rows,
    );
  });

  test('with another number of partitions: it stops', async () => {
    await appliedSoFar();
    await replaceTopic(PARTITIONS + 1);
    await stopped(await system.projectKafka(), 'partitions_changed');
  });
});

test('what stops a lane stops no other: a gap, and an event that is not known', async () => {
  const users = await customers();
  const [gap, unknown] = [users[0] as Author, users[1] as Author];
  await gap.activate('phone');
  await gap.activate('tablet');
  const known = await unknown.encode({ type: 'UserErased', data: { userId: unknown.userId } });
  await unknown.appendRaw({ ...known, id: randomUUID(), type: 'PlanetDiscovered' });
  for (const user of users.slice(2)) await user.activate('phone');
  const events = await Array.fromAsync(system.log.readAll());
  const missing = events.find(({ stream, revision }) => stream === `user-${gap.userId}` && revision === 2);
  await system.publish(events.filter((event) => event !== missing));
  const projector = await system.projectKafka();
  await stopped(projector, 'revision_gap');
  await stopped(projector, 'unknown_event');
  await eventually('the others go on', async () => {
    const { rows } = await system.pool.query(
      `SELECT user_id FROM read_model.licenses WHERE client_id = 'phone'`,
    );
    const there = new Set(rows.map((row) => row.user_id));
    return [users[2], users[3], users[6], users[7]].every((user) => there.has(user?.userId));
  });
  const lag = await metricsOf(projector);
  for (const user of [gap, unknown]) {
    const lane = kafkaLane(partitionOf(user.userId, PARTITIONS));
    expect(lag).toMatch(new RegExp(`projector_lane_lag_events\\{.*lane="${lane}".*\\} [1-9]`));
  }
  expect((await system.pool.query('SELECT FROM read_model.parked_events')).rowCount).toBe(0);
  const { rows } = await system.pool.query('SELECT revision FROM read_model.users WHERE user_id = $1', [
    gap.userId,
  ]);
  expect(rows).toEqual([{ revision: '1' }]);
  expect(await lanesOf(system)).toHaveLength(PARTITIONS);
});
