import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { checkpointOf, checkTopic, explainRepeats } from './relay-checks.ts';
import { keepWriting } from './relay-load.ts';
import { createRelaySystem, killed, type RelaySystem, ready, relayed } from './relay-system.ts';
import { readTopic } from './topic-reader.ts';

const KILLS = 20;
/** Small, so that batches are many and a kill finds one of them under way. */
const BATCH = 50;
const settings = { RELAY_BATCH_EVENTS: String(BATCH) };

let system: RelaySystem;
beforeEach(async () => {
  system = await createRelaySystem();
});
afterEach(() => system[Symbol.asyncDispose]());

/** Appends one more event and waits until the topic has it. */
async function allRelayed(): Promise<void> {
  await relayed(system, await system.author().signUp());
}

test('killed twenty times while events are written: every event is there, each repeat is one kill’s batch', async () => {
  const writing = keepWriting(system);
  const found: (string | undefined)[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const before = await checkpointOf(system);
    const { child } = await system.spawnRelay(settings);
    if (kill % 4 !== 3) {
      await eventually('it sends', async () => (await checkpointOf(system)) !== before, 60_000);
    }
    // Every moment is as good as another: of its start, of a transaction, between that and the checkpoint.
    await delay(Math.random() * 300);
    await killed(child);
    found.push(await checkpointOf(system));
  }
  await writing.stop();
  await system.spawnRelay(settings);
  await allRelayed();
  const checked = await checkTopic(system);
  expect(new Set(found).size).toBeGreaterThan(KILLS / 2);
  const batches = explainRepeats(checked, found, BATCH);
  const repeated = checked.repeats.reduce((sum, count) => sum + count, 0);
  console.info({ events: checked.events.length, kills: KILLS, batches, repeated });
}, 300_000);

test('killed between Kafka’s commit and the checkpoint: that batch is there twice, and nothing else', async () => {
  const { child, ...relay } = await system.spawnRelay(settings);
  await ready(relay);
  await relayed(system, await system.author().signUp());
  const stored = await checkpointOf(system);
  const holder = await system.pool.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM relay.checkpoints FOR UPDATE');
  const user = system.author();
  await user.signUp();
  await eventually('the batch is committed', async () => {
    const records = await readTopic(system.brokers, system.topic);
    return records.length > 2;
  });
  await killed(child);
  // Else PostgreSQL, which does not know yet that nobody waits for it, would store the checkpoint after all.
  await holder.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'relay'`,
  );
  await holder.query('ROLLBACK');
  holder.release();
  expect(await checkpointOf(system)).toBe(stored);
  await system.spawnRelay(settings);
  await allRelayed();
  const checked = await checkTopic(system);
  expect(explainRepeats(checked, [stored], BATCH)).toBe(1);
  expect(checked.repeats.slice(0, 3)).toEqual([0, 0, 1]);
});

test('ended with SIGTERM in the middle: the batch is finished, and nothing comes twice', async () => {
  const writing = keepWriting(system);
  for (let round = 0; round < 3; round++) {
    const before = await checkpointOf(system);
    const { child } = await system.spawnRelay(settings);
    await eventually('it sends', async () => (await checkpointOf(system)) !== before);
    child.kill('SIGTERM');
    await eventually('it ends', () => child.exitCode !== null);
    expect(child.exitCode).toBe(0);
  }
  await writing.stop();
  await system.spawnRelay(settings);
  await allRelayed();
  const { repeats } = await checkTopic(system);
  expect(repeats.every((count) => count === 0)).toBe(true);
});
