import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPair, writeViews } from '../../../../shared/read-model/cached-views.ts';
import { loadViews } from '../../../../shared/read-model/load-views.ts';
import { cacheEpoch } from '../../../../shared/read-model/version.ts';
import { CACHE_CHECKPOINT_KEY } from '../../../../shared/read-model/views.ts';
import { eventually } from '../../../support/eventually.ts';
import { currentEpoch, loadPair, readBelieved } from '../../../support/views.ts';
import { instant } from '../author.ts';
import { inStep, subscriber, suspend } from '../customers.ts';
import { createSystem, projected, type System } from '../system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
});
afterAll(() => system[Symbol.asyncDispose]());

describe('views in Redis', () => {
  test('follow the read models, and expire in a day', async () => {
    const customer = await subscriber(system);
    const { user, licenseId } = customer;
    await suspend(system, customer);
    await eventually('the suspension is cached', async () => {
      const { user: view } = await readPair(system.redis, licenseId, user.userId);
      return view?.user?.subscriptions.app?.suspended === true;
    });
    expect(await system.redis.pttl(`license:${licenseId}`)).toBeGreaterThan(23 * 3_600_000);
  });

  test('are never replaced by older ones', async () => {
    const customer = await subscriber(system);
    const { user, licenseId } = customer;
    const old = await loadViews(system.pool, { licenseIds: [licenseId], userIds: [user.userId] });
    await suspend(system, customer);
    await inStep(system, user, licenseId);
    await writeViews(system.redis, old, await currentEpoch(system.redis));
    const { user: view } = await readPair(system.redis, licenseId, user.userId);
    expect(view?.user?.subscriptions.app?.suspended).toBe(true);
  });
});

/** Query nodes read in it nothing but what PostgreSQL has. */
const nothingOld = (userId: string, licenseId: string) =>
  eventually('nothing old is believed', async () => {
    const cached = await readBelieved(system.redis, licenseId, userId);
    const { license, user } = await loadPair(system.pool, licenseId, userId);
    return (
      (cached.license === undefined || isDeepStrictEqual(cached.license.license, license.license)) &&
      (cached.user === undefined || isDeepStrictEqual(cached.user.user, user.user))
    );
  });

const reconnected = () => eventually('reconnected', () => system.redis.status === 'ready');
const newEpoch = (before: string) =>
  eventually('a new epoch', async () => (await currentEpoch(system.redis)) > before);

describe('a Redis that was unreachable', () => {
  test('gets what changed meanwhile, and all that it held is believed on', async () => {
    const customer = await subscriber(system);
    const { user, licenseId } = customer;
    await system.redisServer.stop();
    await suspend(system, customer);
    await system.redisServer.start();
    await reconnected();
    await eventually('no older view is believed', async () => {
      const { user: view } = await readBelieved(system.redis, licenseId, user.userId);
      return view?.user?.subscriptions.app?.suspended !== false;
    });
    await nothingOld(user.userId, licenseId);
  });

  test('a renewal while it is slow is not lost', async () => {
    const customer = await subscriber(system);
    const { user, subscriptionId, licenseId } = customer;
    system.redisServer.freeze();
    const endDate = instant(Date.now() + 900 * 86_400_000);
    await projected(
      system,
      await user.append({
        type: 'SubscriptionRenewed',
        data: { userId: user.userId, subscriptionId, endDate },
      }),
    );
    system.redisServer.thaw();
    await nothingOld(user.userId, licenseId);
  });
});

describe('a Redis that has lost something', () => {
  test('begins an epoch if it was restored from an older snapshot', async () => {
    const customer = await subscriber(system);
    const { user, licenseId } = customer;
    const { userId } = user;
    await eventually('an epoch is there', async () => (await currentEpoch(system.redis)) !== '');
    const before = await currentEpoch(system.redis);
    await system.redis.save();
    await suspend(system, customer);
    await user.append({
      type: 'LicenseRevoked',
      data: { userId, licenseId, clientId: 'laptop', personal: {} },
    });
    await inStep(system, user, licenseId);
    // What was in memory is gone: the file is read again.
    await system.redisServer.kill();
    await system.redisServer.start();
    await reconnected();
    await newEpoch(before);
    await nothingOld(userId, licenseId);
    // Who can ask nobody else still finds it.
    expect((await readPair(system.redis, licenseId, userId)).license?.license?.status).toBeDefined();
  });

  test('begins one if it was flushed, above all that were before', async () => {
    const { user, licenseId } = await subscriber(system);
    const before = await currentEpoch(system.redis);
    await system.redis.flushall();
    await newEpoch(before);
    await nothingOld(user.userId, licenseId);
    // From here on it is kept up again.
    await subscriber(system);
  });

  test('begins one if another projector has written it', async () => {
    const { user, licenseId } = await subscriber(system);
    const before = await currentEpoch(system.redis);
    await system.redis.hset(CACHE_CHECKPOINT_KEY, 'e', cacheEpoch(Number(before) + 1));
    await newEpoch(cacheEpoch(Number(before) + 1));
    await nothingOld(user.userId, licenseId);
  });

  test('takes no view of an earlier epoch', async () => {
    const customer = await subscriber(system);
    const { user, licenseId } = customer;
    const ids = { licenseIds: [licenseId], userIds: [user.userId] };
    const before = await currentEpoch(system.redis);
    await system.redis.hdel(CACHE_CHECKPOINT_KEY, 'v');
    await newEpoch(before);
    await suspend(system, customer);
    await eventually('the suspension is there', async () => {
      const { user: view } = await readBelieved(system.redis, licenseId, user.userId);
      return view?.user?.subscriptions.app?.suspended === true;
    });
    // A node that loaded before, and knows of no other epoch: whatever the positions are.
    const late = await loadViews(system.pool, ids);
    const forged = new Map(
      [...late.users].map(([id, view]) => [id, { ...view, position: '9000000/9000000' }]),
    );
    await writeViews(system.redis, { ...late, users: forged }, before);
    const { user: view } = await readBelieved(system.redis, licenseId, user.userId);
    expect(view?.position).not.toBe('9000000/9000000');
  });
});

test('what was just activated is in Redis though nobody asked, the user too', async () => {
  const { user } = await subscriber(system);
  await system.redis.del(`user:${user.userId}`);
  const licenseId = await user.activate('another');
  await inStep(system, user, licenseId);
});
