import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPair, writeViews } from '../../../shared/read-model/cached-views.ts';
import { loadViews } from '../../../shared/read-model/load-views.ts';
import { CACHE_CHECKPOINT_KEY } from '../../../shared/read-model/views.ts';
import { eventually } from '../../support/eventually.ts';
import { instant } from './author.ts';
import { inStep, subscriber, suspend } from './customers.ts';
import { createSystem, projected, type System } from './system.ts';

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
      return view?.user?.subscription?.suspended === true;
    });
    expect(await system.redis.pttl(`license:${licenseId}`)).toBeGreaterThan(23 * 3_600_000);
  });

  test('are never replaced by older ones', async () => {
    const customer = await subscriber(system);
    const { user, licenseId } = customer;
    const old = await loadViews(system.pool, { licenseIds: [licenseId], userIds: [user.userId] });
    await suspend(system, customer);
    await inStep(system, user, licenseId);
    await writeViews(system.redis, old);
    const { user: view } = await readPair(system.redis, licenseId, user.userId);
    expect(view?.user?.subscription?.suspended).toBe(true);
  });
});

describe('a Redis that has lost something', () => {
  test('is caught up after it was away', async () => {
    const customer = await subscriber(system);
    const { user, licenseId } = customer;
    await system.redisServer.stop();
    const { userId } = user;
    await suspend(system, customer);
    await system.redisServer.start();
    await eventually('reconnected', () => system.redis.status === 'ready');
    await inStep(system, user, licenseId);
    expect((await readPair(system.redis, licenseId, userId)).user?.user?.subscription?.suspended).toBe(true);
  });

  test('is rewritten from its checkpoint if it was restored from an older snapshot', async () => {
    const customer = await subscriber(system);
    const { user, licenseId } = customer;
    const stranger = await subscriber(system);
    const { userId } = user;
    await eventually(
      'the checkpoint is there',
      async () => (await system.redis.hget(CACHE_CHECKPOINT_KEY, 'j')) !== null,
    );
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
    await eventually('reconnected', () => system.redis.status === 'ready');
    await eventually('rewritten', async () => {
      const cached = await readPair(system.redis, licenseId, userId);
      return (
        cached.license?.license?.status === 'revoked' && cached.user?.user?.subscription?.suspended === true
      );
    });
    await inStep(system, stranger.user, stranger.licenseId);
  });

  test('is gone over whole if it does not say how old it is', async () => {
    const customer = await subscriber(system);
    const { user, licenseId } = customer;
    const { userId } = user;
    const key = `user:${userId}`;
    const old = await system.redis.hgetall(key);
    await suspend(system, customer);
    await inStep(system, user, licenseId);
    await system.redis.multi().del(key).hset(key, old).del(CACHE_CHECKPOINT_KEY).exec();
    await inStep(system, user, licenseId);
    await eventually(
      'the checkpoint is there',
      async () => (await system.redis.hget(CACHE_CHECKPOINT_KEY, 'j')) !== null,
    );
  });

  test('never has its checkpoint lowered', async () => {
    const held = () => system.redis.hget(CACHE_CHECKPOINT_KEY, 'v');
    await system.redis.hset(
      CACHE_CHECKPOINT_KEY,
      'v',
      `9${'0'.repeat(18)}/${'0'.repeat(19)}`,
      'j',
      '9000000000000000000/0',
    );
    const { user } = await subscriber(system);
    await projected(
      system,
      await user.append({
        type: 'PasswordChanged',
        data: { userId: user.userId, personal: { passwordHash: 'x' } },
      }),
    );
    expect(await held()).toMatch(/^9/);
    await system.redis.del(CACHE_CHECKPOINT_KEY);
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
    await inStep(system, user, licenseId);
    expect((await readPair(system.redis, licenseId, user.userId)).user?.user?.subscription?.endDate).toBe(
      Date.parse(endDate),
    );
  });
});
