import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FeedEvent } from '../../../projector/feeds/feed.ts';
import { takeOver } from '../../../projector/kafka/change-owner.ts';
import { DIRECT, type KafkaOwner, laneOfPartition } from '../../../projector/kafka/lane.ts';
import { migrateReadModel } from '../../../projector/schemas/migrate.ts';
import { type Checkpoint, loadCheckpoint, moveCheckpoint } from '../../../projector/write/checkpoint.ts';
import { ReadModelWriter, writerSettings } from '../../../projector/write/read-model-writer.ts';
import { createPool, inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createReader } from '../../../shared/events/codec.ts';
import { partitionOf } from '../../../shared/read-model/lanes.ts';
import { newId } from './author.ts';
import { createSystem, type System, silent } from './system.ts';

const SCHEMA = 'lanes_test';
const OWNER: KafkaOwner = { feed: 'kafka', topic: 'license-events', partitions: 2 };
let system: System;
let pool: Pool;
/** By partition: each user signed up and activated ten machines. */
let events: FeedEvent[][];

beforeAll(async () => {
  system = await createSystem();
  pool = createPool({
    connectionString: system.databaseUrl,
    applicationName: 'test',
    max: 6,
    settings: writerSettings(SCHEMA),
    logger: silent,
  });
  for (const partition of [0, 1, 0, 1]) {
    const user = system.author(idIn(partition));
    await user.signUp();
    for (let i = 0; i < 10; i++) await user.activate(`client-${i}`);
  }
  const all = await Array.fromAsync(system.log.readAll());
  events = [0, 1].map((partition) =>
    all
      .filter(({ data }) => partitionOf(String(data.userId), 2) === partition)
      .map((event, i) => ({ ...event, offset: BigInt(i) })),
  );
});
afterAll(async () => {
  await pool.end();
  await system[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await system.pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await migrateReadModel(system.pool, SCHEMA, false);
});

function idIn(partition: number): string {
  for (;;) {
    const id = newId();
    if (partitionOf(id, 2) === partition) return id;
  }
}

async function openWriter(partition?: number, vault: System['vault'] = system.vault) {
  const lane = partition === undefined ? DIRECT : laneOfPartition(OWNER, partition);
  const writer = new ReadModelWriter({ pool, lane }, { reader: createReader(), vault });
  await writer.load();
  return writer;
}

const decode = (writer: ReadModelWriter, batch: readonly FeedEvent[]) =>
  writer.decode({ events: batch, position: (batch.at(-1) as FeedEvent).position });
const write = async (writer: ReadModelWriter, batch: readonly FeedEvent[]) =>
  writer.write(await decode(writer, batch));
const first = (partition: number) => events[partition] as FeedEvent[];
const rows = async (sql: string) => (await pool.query(sql)).rows;
const activations = async () =>
  Number((await rows('SELECT COALESCE(sum(activations), 0) AS n FROM activations_by_day'))[0].n);

describe('a lane', () => {
  test('whose partition is another’s by now can’t write, although it does not know', async () => {
    await takeOver(pool, OWNER);
    // It has read its batch, and hangs where it asks for keys.
    const asked = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const slowVault = {
      ...system.vault,
      dataKeys: async (ids: readonly string[]) => {
        asked.resolve();
        await goOn.promise;
        return system.vault.dataKeys(ids);
      },
    };
    const stale = await openWriter(0, slowVault as System['vault']);
    const late = write(stale, first(0));
    late.catch(() => undefined);
    await asked.promise;
    const holder = await openWriter(0);
    await write(holder, first(0).slice(0, 5));
    goOn.resolve();
    await expect(late).rejects.toMatchObject({ code: 'checkpoint_moved' });
    await write(holder, first(0).slice(5));
    expect(await activations()).toBe(20);
    expect(await rows(`SELECT kafka_offset FROM checkpoints WHERE name = 'kafka-0'`)).toEqual([
      { kafka_offset: String(first(0).length - 1) },
    ]);
  });

  test('goes by the offset too: the same event at another one is another place', async () => {
    await takeOver(pool, OWNER);
    const [one, other] = [await openWriter(0), await openWriter(0)];
    await write(one, first(0).slice(0, 3));
    await other.load();
    // Repeated by the relay: only the offset moves.
    const repeated = { ...(first(0)[2] as FeedEvent), offset: 7n };
    await write(one, [repeated]);
    await expect(write(other, first(0).slice(3))).rejects.toMatchObject({ code: 'checkpoint_moved' });
  });

  test('writes beside the others, also where they change the same day', async () => {
    await takeOver(pool, OWNER);
    const writers = [await openWriter(0), await openWriter(1)];
    await Promise.all(
      writers.map(async (writer, partition) => {
        for (const event of first(partition)) await write(writer, [event]);
      }),
    );
    expect(await activations()).toBe(40);
    expect(await rows('SELECT FROM users')).toHaveLength(4);
  });
});

describe('the feed that owns the read models', () => {
  test('is looked at in the transaction: one that isn’t it any more writes nothing', async () => {
    await takeOver(pool, OWNER);
    const writer = await openWriter(0);
    await write(writer, first(0).slice(0, 4));
    await system.pool.query(
      `UPDATE ${SCHEMA}.feed_owner SET feed = 'event_store', topic = NULL, partitions = NULL`,
    );
    const before = await activations();
    await expect(write(writer, first(0).slice(4))).rejects.toMatchObject({ code: 'feed_not_owned' });
    expect(await activations()).toBe(before);
    await expect(openWriter(1)).resolves.toBeDefined();
    await expect(openWriter()).resolves.toBeDefined();
  });

  test('can’t change while a transaction is under way', async () => {
    await takeOver(pool, OWNER);
    const lane = laneOfPartition(OWNER, 0);
    const from = await loadCheckpoint(pool, undefined, lane);
    const order: string[] = [];
    let change: Promise<unknown> = Promise.resolve();
    await inTransaction(pool, async (client) => {
      await moveCheckpoint(client, lane, from, from);
      change = takeOver(pool, DIRECT.owner).then(() => order.push('changed'));
      // Until PostgreSQL says that somebody waits for a lock.
      for (let waiting = false; !waiting; ) {
        const { rowCount } = await system.pool.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE checkpoints%'`,
        );
        waiting = (rowCount ?? 0) > 0;
      }
      order.push('written');
    });
    await change;
    expect(order).toEqual(['written', 'changed']);
  });

  test('from direct to Kafka: every lane leads on from there; a writer of before can’t write', async () => {
    const direct = await openWriter();
    const all = events.flat().sort((a, b) => Number(a.position.commit - b.position.commit));
    const some = all.slice(0, 20).map(({ offset: _, ...event }) => event);
    await write(direct, some);
    const change = await takeOver(pool, OWNER);
    expect(change).toEqual({ from: { feed: 'event_store' }, to: OWNER });
    expect(await takeOver(pool, OWNER)).toBeUndefined();
    const { checkpoint } = direct;
    for (const partition of [0, 1]) {
      const found = await loadCheckpoint(pool, undefined, laneOfPartition(OWNER, partition));
      expect(found).toEqual({ ...checkpoint, generation: 1 });
    }
    await expect(write(direct, some)).rejects.toMatchObject({ code: 'feed_not_owned' });
    await expect(direct.load()).rejects.toMatchObject({ code: 'feed_not_owned' });
    // From the first record on: what was applied is told by the revisions.
    for (const partition of [0, 1]) await write(await openWriter(partition), first(partition));
    expect(await activations()).toBe(40);
  });

  test('and back: from the lane that is furthest behind, with its last event', async () => {
    await takeOver(pool, OWNER);
    const writers = [await openWriter(0), await openWriter(1)];
    await write(writers[0] as ReadModelWriter, first(0));
    await write(writers[1] as ReadModelWriter, first(1).slice(0, 6));
    await takeOver(pool, DIRECT.owner);
    const direct = await openWriter();
    const { last, position } = (writers[1] as ReadModelWriter).checkpoint as Required<Checkpoint>;
    expect(direct.checkpoint).toMatchObject({ position, generation: 1 });
    expect(direct.checkpoint.last).toEqual({ ...last, offset: undefined });
    await expect(write(writers[0] as ReadModelWriter, first(0))).rejects.toMatchObject({
      code: 'feed_not_owned',
    });
    // A third change, and the second feed's writers are still those of before.
    await takeOver(pool, OWNER);
    await expect(write(writers[1] as ReadModelWriter, first(1).slice(6))).rejects.toMatchObject({
      code: 'checkpoint_moved',
    });
    await expect(write(direct, first(0))).rejects.toMatchObject({ code: 'feed_not_owned' });
  });

  test('and back, where a lane has had no news for long: from the last event of the others', async () => {
    await takeOver(pool, OWNER);
    const writers = [await openWriter(0), await openWriter(1)] as [ReadModelWriter, ReadModelWriter];
    await write(writers[1], first(1).slice(0, 1));
    await write(writers[0], first(0));
    const { last, position } = writers[0].checkpoint;
    await writers[1].write(await writers[1].decode({ events: [], position }));
    expect(writers[1].checkpoint).toMatchObject({ position, last: { id: first(1)[0]?.id } });
    await takeOver(pool, DIRECT.owner);
    const direct = await openWriter();
    expect(direct.checkpoint).toMatchObject({ position, last: { ...last, offset: undefined } });
  });

  test.each([
    { ...OWNER, topic: 'another' },
    { ...OWNER, partitions: 3 },
  ])('is never another topic, nor one with other partitions: $topic, $partitions', async (other) => {
    await takeOver(pool, OWNER);
    await expect(takeOver(pool, other)).rejects.toMatchObject({ code: 'partitions_changed' });
  });
});
