import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FeedEvent } from '../../../projector/feeds/feed.ts';
import { takeOver } from '../../../projector/kafka/change-owner.ts';
import { DIRECT, type KafkaOwner, type Lane, laneOfPartition } from '../../../projector/kafka/lane.ts';
import { loadCheckpoint, moveCheckpoint } from '../../../projector/write/checkpoint.ts';
import { ReadModelWriter, writerSettings } from '../../../projector/write/read-model-writer.ts';
import { createPool, inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createReader } from '../../../shared/events/codec.ts';
import { eventually } from '../../support/eventually.ts';
import { allRows, createSystem, type System, silent } from './system.ts';

const OWNER: KafkaOwner = { feed: 'kafka', topic: 'license-events', partitions: 2 };
let system: System;
let pool: Pool;
let events: readonly FeedEvent[];
beforeEach(async () => {
  system = await createSystem();
  pool = createPool({
    connectionString: system.databaseUrl,
    applicationName: 'test',
    max: 4,
    settings: writerSettings('read_model'),
    logger: silent,
  });
  const user = system.author();
  await user.signUp();
  for (let i = 0; i < 12; i++) await user.activate(`client-${i}`);
  events = (await Array.fromAsync(system.log.readAll())).filter(({ stream }) => stream.startsWith('user-'));
});
afterEach(async () => {
  await pool.end();
  await system[Symbol.asyncDispose]();
});

/** The lane of the only user's events, or the direct one. */
async function openWriter(feed: 'direct' | 'kafka') {
  const [lane] = [0, 1]
    .map((partition) => laneOfPartition(OWNER, partition))
    .filter(({ owns }) => owns(String(events[0]?.data.userId))) as [Lane];
  const followed = feed === 'direct' ? DIRECT : lane;
  const writer = new ReadModelWriter(
    { pool, lane: followed },
    { reader: createReader(), vault: system.vault },
  );
  await writer.load();
  return async (from: number, to: number) => {
    const batch = events.slice(from, to).map((event, i) => {
      return feed === 'direct' ? event : { ...event, offset: BigInt(from + i) };
    });
    const { position } = batch.at(-1) as FeedEvent;
    await writer.write(await writer.decode({ events: batch, position }));
  };
}

const waits = (mode: string) =>
  eventually(`somebody waits for ${mode}`, async () => {
    const { rowCount } = await system.pool.query(
      `SELECT FROM pg_locks WHERE NOT granted AND relation = 'read_model.checkpoints'::regclass AND mode = $1`,
      [mode],
    );
    return rowCount === 1;
  });

const checkpoints = async () =>
  (await pool.query('SELECT name, generation, last_event_id FROM checkpoints ORDER BY name')).rows;

describe.each([
  { from: 'direct', to: OWNER },
  { from: 'kafka', to: DIRECT.owner },
] as const)('a writer of the feed before ($from) that waits while another takes over', ({ from, to }) => {
  // PostgreSQL has its own plan for a statement that a connection has seen often.
  test.each([1, 9])('writes nothing, having written %i times', async (times) => {
    if (from === 'kafka') await takeOver(pool, OWNER);
    const write = await openWriter(from);
    for (let i = 0; i < times; i++) await write(i, i + 1);
    let change: Promise<unknown> = Promise.resolve();
    let late: Promise<unknown> = Promise.resolve();
    await inTransaction(system.pool, async (underWay) => {
      // As whoever has moved a checkpoint.
      await underWay.query('LOCK TABLE read_model.checkpoints IN ROW EXCLUSIVE MODE');
      change = takeOver(pool, to);
      change.catch(() => undefined);
      await waits('ExclusiveLock');
      late = write(times, events.length);
      late.catch(() => undefined);
      await waits('RowExclusiveLock');
    });
    const before = await allRows(system);
    expect(before.licenses).toHaveLength(times - 1);
    await expect(change).resolves.toMatchObject({ to });
    const taken = await checkpoints();
    await expect(late).rejects.toMatchObject({ code: 'feed_not_owned' });
    expect(await allRows(system)).toEqual(before);
    expect(await checkpoints()).toEqual(taken);
    await (await openWriter(from === 'direct' ? 'kafka' : 'direct'))(0, events.length);
    expect((await allRows(system)).licenses).toHaveLength(events.length - 1);
  });
});

test('writers of different lanes leave no mark on the row that names the feed', async () => {
  await takeOver(pool, OWNER);
  const move = (partition: number, meanwhile: () => Promise<void>) => {
    const lane = laneOfPartition(OWNER, partition);
    return inTransaction(pool, async (client) => {
      const from = await loadCheckpoint(client, undefined, lane);
      await moveCheckpoint(client, lane, from, from);
      await meanwhile();
    });
  };
  const unmarked = async () => {
    const { rows } = await system.pool.query('SELECT xmax::text FROM read_model.feed_owner');
    expect(rows).toEqual([{ xmax: '0' }]);
  };
  await move(0, () => move(1, unmarked));
});
