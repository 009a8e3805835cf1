import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectRedis } from '../../../shared/adapters/redis/client.ts';
import { readPair, writeViews } from '../../../shared/read-model/cached-views.ts';
import { loadPair, loadViews } from '../../../shared/read-model/load-views.ts';
import { NOTICE_CHANNEL, type Notice, noticeSchema } from '../../../shared/read-model/notices.ts';
import { CACHE_CHECKPOINT_KEY } from '../../../shared/read-model/views.ts';
import { eventually } from '../../support/eventually.ts';
import { instant } from './author.ts';
import { createSystem, projected, type System, silent } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
});
afterAll(() => system[Symbol.asyncDispose]());

/** Everything that is said on the channel from now on. */
async function listen() {
  const subscriber = connectRedis({
    url: system.redisServer.url,
    name: 'test',
    logger: silent,
    subscriber: true,
  });
  const notices: Notice[] = [];
  subscriber.on('message', (_channel, text) => notices.push(noticeSchema.parse(JSON.parse(text))));
  await eventually('connected', () => subscriber.status === 'ready');
  await subscriber.subscribe(NOTICE_CHANNEL);
  return { notices, [Symbol.dispose]: () => subscriber.disconnect() };
}

const inStep = (user: { readonly userId: string }, licenseId: string) =>
  eventually('Redis holds what PostgreSQL holds', async () => {
    const cached = await readPair(system.redis, licenseId, user.userId);
    const { license, user: view } = await loadPair(system.pool, licenseId, user.userId);
    return isDeepStrictEqual([cached.license?.license, cached.user?.user], [license.license, view.user]);
  });

async function subscriber() {
  const user = system.author();
  await user.signUp();
  const subscriptionId = await user.subscribe();
  const licenseId = await user.activate('laptop');
  await inStep(user, licenseId);
  return { user, subscriptionId, licenseId };
}

/** Suspends, and waits until the read models have it. Answers the position. */
async function suspend({ user, subscriptionId }: Awaited<ReturnType<typeof subscriber>>) {
  const { userId } = user;
  const position = await user.append({
    type: 'SubscriptionSuspended',
    data: { userId, subscriptionId, personal: {} },
  });
  await projected(system, position);
  return position;
}

describe('views in Redis', () => {
  test('follow the read models, and expire in a day', async () => {
    const customer = await subscriber();
    const { user, licenseId } = customer;
    await suspend(customer);
    await eventually('the suspension is cached', async () => {
      const { user: view } = await readPair(system.redis, licenseId, user.userId);
      return view?.user?.subscription?.status === 'suspended';
    });
    expect(await system.redis.pttl(`license:${licenseId}`)).toBeGreaterThan(23 * 3_600_000);
  });

  test('are never replaced by older ones', async () => {
    const customer = await subscriber();
    const { user, licenseId } = customer;
    const old = await loadViews(system.pool, { licenseIds: [licenseId], userIds: [user.userId] });
    await suspend(customer);
    await inStep(user, licenseId);
    await writeViews(system.redis, old);
    const { user: view } = await readPair(system.redis, licenseId, user.userId);
    expect(view?.user?.subscription?.status).toBe('suspended');
  });
});

describe('notices', () => {
  test('name what changed, each beginning where the last one ended', async () => {
    using heard = await listen();
    const { user, licenseId } = await subscriber();
    await eventually('the license is named', () =>
      heard.notices.some(({ licenses }) => licenses.some(([id]) => id === licenseId)),
    );
    expect(heard.notices.some(({ users }) => users.some(([id]) => id === user.userId))).toBe(true);
    for (const [i, { before }] of heard.notices.entries()) {
      if (i > 0) expect(before).toBe(heard.notices[i - 1]?.after);
    }
  });

  test('come each second while nothing happens', async () => {
    using heard = await listen();
    const first = await eventually('a heartbeat', () => heard.notices.at(-1), 3_000);
    await eventually('another', () => heard.notices.length > 1, 3_000);
    expect(heard.notices.at(-1)).toEqual({
      before: first.after,
      after: first.after,
      users: [],
      licenses: [],
    });
  });

  test('come when both caches and rows are there: whoever asks then gets no older view', async () => {
    using heard = await listen();
    const customer = await subscriber();
    const { user, licenseId } = customer;
    const position = await suspend(customer);
    await eventually('told', () =>
      heard.notices.some(({ users }) => users.some(([id, at]) => id === user.userId && at === position)),
    );
    const cached = await readPair(system.redis, licenseId, user.userId);
    expect(cached.user?.user?.subscription?.status).toBe('suspended');
    expect((await loadPair(system.pool, licenseId, user.userId)).user.position).toBe(position);
  });
});

describe('a Redis that has lost something', () => {
  test('is caught up after it was away', async () => {
    const customer = await subscriber();
    const { user, licenseId } = customer;
    await system.redisServer.stop();
    const { userId } = user;
    await suspend(customer);
    await system.redisServer.start();
    await eventually('reconnected', () => system.redis.status === 'ready');
    await inStep(user, licenseId);
    expect((await readPair(system.redis, licenseId, userId)).user?.user?.subscription?.status).toBe(
      'suspended',
    );
  });

  test('is rewritten from its checkpoint if it was restored from an older snapshot', async () => {
    const customer = await subscriber();
    const { user, licenseId } = customer;
    const stranger = await subscriber();
    const { userId } = user;
    await eventually(
      'the checkpoint is there',
      async () => (await system.redis.hget(CACHE_CHECKPOINT_KEY, 'j')) !== null,
    );
    await system.redis.save();
    await suspend(customer);
    await user.append({
      type: 'LicenseRevoked',
      data: { userId, licenseId, clientId: 'laptop', personal: {} },
    });
    await inStep(user, licenseId);
    // What was in memory is gone: the file is read again.
    await system.redisServer.kill();
    await system.redisServer.start();
    await eventually('reconnected', () => system.redis.status === 'ready');
    await eventually('rewritten', async () => {
      const cached = await readPair(system.redis, licenseId, userId);
      return (
        cached.license?.license?.status === 'revoked' &&
        cached.user?.user?.subscription?.status === 'suspended'
      );
    });
    await inStep(stranger.user, stranger.licenseId);
  });

  test('is gone over whole if it does not say how old it is', async () => {
    const customer = await subscriber();
    const { user, licenseId } = customer;
    const { userId } = user;
    const key = `user:${userId}`;
    const old = await system.redis.hgetall(key);
    await suspend(customer);
    await inStep(user, licenseId);
    await system.redis.multi().del(key).hset(key, old).del(CACHE_CHECKPOINT_KEY).exec();
    await inStep(user, licenseId);
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
    const { user } = await subscriber();
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
    const customer = await subscriber();
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
    await inStep(user, licenseId);
    expect((await readPair(system.redis, licenseId, user.userId)).user?.user?.subscription?.endDate).toBe(
      Date.parse(endDate),
    );
  });
});
