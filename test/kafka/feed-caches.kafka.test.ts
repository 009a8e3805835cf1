import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readPair } from '../../shared/read-model/cached-views.ts';
import { kafkaLane, partitionOf } from '../../shared/read-model/lanes.ts';
import { loadPair } from '../../shared/read-model/load-views.ts';
import { cacheCheckpointKey } from '../../shared/read-model/views.ts';
import type { Author } from '../integration/projector/author.ts';
import { listen } from '../integration/projector/customers.ts';
import { eventually } from '../support/eventually.ts';
import { caughtUp, createFeedSystem, type FeedSystem, lanesOf, PARTITIONS } from './feed-system.ts';

let system: FeedSystem;
beforeEach(async () => {
  system = await createFeedSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

interface Customer {
  readonly user: Author;
  readonly subscriptionId: string;
  readonly licenseId: string;
}

async function customers(): Promise<Customer[]> {
  const made: Customer[] = [];
  for (let i = 0; i < 12; i++) {
    const user = system.author();
    await user.signUp();
    const subscriptionId = await user.subscribe();
    made.push({ user, subscriptionId, licenseId: await user.activate('laptop') });
  }
  return made;
}

const suspend = ({ user: { append, userId }, subscriptionId }: Customer) =>
  append({ type: 'SubscriptionSuspended', data: { userId, subscriptionId, personal: {} } });

/** Redis holds what PostgreSQL holds of each of them, and what each lane has in its checkpoint. */
const inStep = (some: readonly Customer[]) =>
  eventually('Redis is in step', async () => {
    for (const { user, licenseId } of some) {
      const cached = await readPair(system.redis, licenseId, user.userId);
      const loaded = await loadPair(system.pool, licenseId, user.userId);
      const held = [cached.license?.license, cached.user?.user];
      if (!isDeepStrictEqual(held, [loaded.license.license, loaded.user.user])) return false;
    }
    for (const { name, position } of await lanesOf(system)) {
      if ((await system.redis.hget(cacheCheckpointKey(name), 'j')) !== position) return false;
    }
    return true;
  });

test('each lane keeps the views of its users and a checkpoint of its own in Redis, and names itself in notices', async () => {
  using heard = await listen(system);
  const some = await customers();
  await system.relay();
  await system.projectKafka();
  await caughtUp(system);
  await inStep(some);
  for (const customer of some) await suspend(customer);
  await system.relay();
  await caughtUp(system);
  await inStep(some);
  expect(new Set(heard.notices.map(({ lane }) => lane)).size).toBe(PARTITIONS);
  for (const { lane, users } of heard.notices) {
    for (const [id] of users) expect(kafkaLane(partitionOf(id, PARTITIONS))).toBe(lane);
  }
  // Without a hole in any lane.
  for (const notices of Map.groupBy(heard.notices, ({ lane }) => lane).values()) {
    for (const [i, { before }] of notices.slice(1).entries()) expect(before).toBe(notices[i]?.after);
  }
});

test('what changed while nobody kept Redis up is found again, lane by lane; so is what the direct feed has left', async () => {
  const some = await customers();
  const direct = await system.project();
  await eventually(
    'the direct feed has them',
    async () => (await system.pool.query('SELECT FROM read_model.licenses')).rowCount === some.length,
  );
  await inStep(some);
  await direct.stop();
  await system.relay();
  const first = await system.projectKafka();
  await caughtUp(system);
  await inStep(some);

  await system.redisServer.stop();
  for (const customer of some) await suspend(customer);
  await system.relay();
  await caughtUp(system);
  await system.redisServer.start();
  await inStep(some);

  // A Redis that holds views and no checkpoint doesn't say how old they are.
  await first.stop();
  const keys = [...(await lanesOf(system)).map(({ name }) => name), 'direct'].map(cacheCheckpointKey);
  await system.redis.del(...keys);
  for (const { licenseId } of some) await system.redis.hset(`license:${licenseId}`, 'v', '', 'j', '{}');
  await system.projectKafka();
  await inStep(some);
});
