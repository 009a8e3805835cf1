import { afterAll, beforeAll, expect, test } from 'vitest';
import { CacheRenewals } from '../../../projector/caches/cache-renewal.ts';
import { Caches } from '../../../projector/caches/caches.ts';
import { laneOfPartition } from '../../../projector/kafka/lane.ts';
import { writerSettings } from '../../../projector/write/read-model-writer.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { formatPosition } from '../../../shared/events/position.ts';
import { kafkaLane, partitionOf } from '../../../shared/read-model/lanes.ts';
import { cacheCheckpointKey } from '../../../shared/read-model/views.ts';
import { eventually } from '../../support/eventually.ts';
import { inStep } from './customers.ts';
import { type HandLane, handLanes } from './hand-lanes.ts';
import { createSystem, type System, silent } from './system.ts';

const LANES = 12;
const CUSTOMERS = 24;

let system: System;
let pool: Pool;
beforeAll(async () => {
  system = await createSystem();
  pool = createPool({
    connectionString: system.databaseUrl,
    applicationName: 'test',
    max: 4,
    settings: writerSettings('read_model'),
    logger: silent,
  });
});
afterAll(async () => {
  await pool.end();
  await system[Symbol.asyncDispose]();
});

async function customer() {
  const user = system.author();
  await user.signUp();
  await user.subscribe();
  return { user, licenseId: await user.activate('laptop') };
}

/** How often a command was called since the last reset. */
const calls = async (command: string) =>
  Number(
    new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await system.redis.info('commandstats'))?.[1] ?? 0,
  );

/** Every lane of one process looks after Redis, and has it up to the read models again. */
async function renewed(lanes: readonly HandLane[], owner: Parameters<typeof laneOfPartition>[0]) {
  const renewals = new CacheRenewals(pool, system.redis);
  const all = lanes.map(({ writer }, partition) => {
    const lane = laneOfPartition(owner, partition);
    const metrics = { cacheFailures: { inc: () => undefined }, cacheInStep: { set: () => undefined } };
    const caches = new Caches({
      db: pool,
      redis: system.redis,
      logger: silent,
      lane,
      renewals,
      metrics: metrics as unknown as ConstructorParameters<typeof Caches>[0]['metrics'],
    });
    caches.heartbeat(writer.checkpoint.position);
    return caches;
  });
  for (const [partition, { writer }] of lanes.entries()) {
    const { position } = writer.checkpoint;
    await eventually(
      'the lane is in step',
      async () =>
        (await system.redis.hget(cacheCheckpointKey(kafkaLane(partition)), 'j')) === formatPosition(position),
    );
  }
  for (const caches of all) await caches.stop();
}

test('lanes that lose Redis together go over it, or over the users, together: twice at most', async () => {
  const customers = await Promise.all(Array.from({ length: CUSTOMERS }, () => customer()));
  await using hands = await handLanes(system, LANES);
  for (const lane of hands.lanes) await lane.advance();
  for (const { licenseId } of customers) await system.redis.hset(`license:${licenseId}`, 'v', '', 'j', '{}');
  await system.redis.config('RESETSTAT');
  await renewed(hands.lanes, hands.owner);
  // Licenses and users, once for the first lane that comes and once for all the others.
  expect(await calls('scan')).toBeLessThanOrEqual(4);
  expect(new Set(customers.map(({ user }) => partitionOf(user.userId, LANES))).size).toBeGreaterThan(1);

  // From where the hindmost lane was, though others had gone on.
  for (const { user, licenseId } of customers) {
    await user.append({
      type: 'LicenseRevoked',
      data: { userId: user.userId, licenseId, clientId: 'laptop', personal: {} },
    });
  }
  for (const lane of hands.lanes) await lane.advance();
  await renewed(hands.lanes, hands.owner);
  for (const { user, licenseId } of customers) await inStep(system, user, licenseId);
});
