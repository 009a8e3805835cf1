import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Caches, type Change } from '../../../../projector/caches/caches.ts';
import { createProjectorMetrics } from '../../../../projector/metrics.ts';
import { writerSettings } from '../../../../projector/write/read-model-writer.ts';
import { createPool, type Pool } from '../../../../shared/adapters/postgres/pool.ts';
import { connectRedis, type Redis } from '../../../../shared/adapters/redis/client.ts';
import { type Position, parsePosition } from '../../../../shared/event-log/position.ts';
import { NOTICE_CHANNEL, type Notice, noticeSchema } from '../../../../shared/read-model/notices.ts';
import { CACHE_CHECKPOINT_KEY } from '../../../../shared/read-model/views.ts';
import { eventually } from '../../../support/eventually.ts';
import { currentEpoch } from '../../../support/views.ts';
import { newId } from '../author.ts';
import { createSystem, type System, silent } from '../system.ts';

/** Caches alone, told of changes by the test: no projector runs beside them. */
let system: System;
let db: Pool;
let redis: Redis;
const at = (n: number) => parsePosition(`${n}/${n}`) as Position;
/** @param users whose views changed, and are to be loaded */
const change = (before: number, after: number, users: readonly string[] = []): Change => ({
  before: at(before),
  after: at(after),
  changed: () => ({
    views: { users: new Map(), licenses: new Map() },
    changedUsers: new Set(users),
    load: new Set(users),
  }),
});

beforeAll(async () => {
  system = await createSystem();
  db = createPool({
    connectionString: system.databaseUrl,
    applicationName: 'test',
    max: 2,
    settings: writerSettings('read_model'),
    logger: silent,
  });
  redis = connectRedis({ url: system.redisServer.url, name: 'caches', logger: silent });
  await eventually('connected', () => redis.status === 'ready');
});
afterAll(async () => {
  redis.disconnect();
  await db.end();
  await system[Symbol.asyncDispose]();
});

async function listen() {
  const { url } = system.redisServer;
  const subscriber = connectRedis({ url, name: 'test', logger: silent, subscriber: true });
  const notices: Notice[] = [];
  subscriber.on('message', (_channel, text) => notices.push(noticeSchema.parse(JSON.parse(text))));
  await eventually('connected', () => subscriber.status === 'ready');
  await subscriber.subscribe(NOTICE_CHANNEL);
  return { notices, [Symbol.dispose]: () => subscriber.disconnect() };
}

/** Caches that have caught up: from here on they only pass on what they are told. */
async function inStep(heard: { readonly notices: readonly Notice[] }): Promise<Caches> {
  const metrics = createProjectorMetrics(new Registry());
  const caches = new Caches({ db, redis, logger: silent, metrics });
  const said = heard.notices.length;
  caches.heartbeat(at(0));
  await eventually('the first heartbeat', () => heard.notices.length >= said + 2);
  return caches;
}

const told = (heard: { readonly notices: readonly Notice[] }, position: string) =>
  eventually(`told of ${position}`, () => heard.notices.some(({ after }) => after === position));

describe('a heartbeat', () => {
  test('that falls due between two changes does not look like a gap', async () => {
    using heard = await listen();
    const caches = await inStep(heard);
    caches.publish(change(0, 10));
    caches.heartbeat(at(10));
    caches.publish(change(10, 20));
    await told(heard, '20/20');
    await caches.stop();
    const gaps = heard.notices.filter(({ before }, i) => i > 0 && before !== heard.notices[i - 1]?.after);
    expect(gaps).toEqual([]);
  });
});

describe('a projector that stops', () => {
  test('first tells of what it has committed', async () => {
    using heard = await listen();
    await redis.del(CACHE_CHECKPOINT_KEY);
    const caches = await inStep(heard);
    caches.publish(change(0, 30));
    caches.publish(change(30, 40));
    await caches.stop();
    await told(heard, '40/40');
  });
});

describe('a heartbeat at a later checkpoint than the last change', () => {
  test('begins an epoch: the change in between was never published', async () => {
    using heard = await listen();
    const caches = await inStep(heard);
    caches.publish(change(0, 42));
    await told(heard, '42/42');
    const epoch = await currentEpoch(redis);
    caches.heartbeat(at(44));
    await eventually('a gap', () =>
      heard.notices.some(({ before, after }) => before === '0/0' && after === '44/44'),
    );
    expect((await currentEpoch(redis)) > epoch).toBe(true);
    await caches.stop();
  });
});

describe('a change of which PostgreSQL can no longer be asked', () => {
  test('is notified as far as its rows are known, and then an epoch begins', async () => {
    using heard = await listen();
    const ended = createPool({
      connectionString: system.databaseUrl,
      applicationName: 'test',
      max: 1,
      logger: silent,
    });
    await ended.end();
    const metrics = createProjectorMetrics(new Registry());
    const caches = new Caches({ db: ended, redis, logger: silent, metrics });
    const [known, unknown] = [newId(), newId()];
    const license = {
      licenseId: known,
      userId: unknown,
      product: 'app',
      clientId: 'a',
      status: 'deactivated' as const,
    };
    const licenses = new Map([[known, { position: '46/46', loadedAt: 1, license }]]);
    caches.publish({
      before: at(45),
      after: at(46),
      changed: () => ({
        views: { users: new Map(), licenses },
        changedUsers: new Set([unknown]),
        load: new Set([unknown]),
      }),
    });
    const notice = await eventually('notified', () =>
      heard.notices.find(({ licenses: named }) => named.some(([id]) => id === known)),
    );
    expect(notice).toMatchObject({ before: '45/45', after: '45/45', users: [] });
    expect(await redis.hget(`license:${known}`, 'j')).toContain('deactivated');
    const epoch = await currentEpoch(redis);
    caches.heartbeat(at(46));
    await eventually('an epoch', async () => (await currentEpoch(redis)) > epoch);
    await caches.stop();
  });
});

describe('a settled parked event', () => {
  test('is told of once Redis is there, although it moves no checkpoint', async () => {
    using heard = await listen();
    await redis.del(CACHE_CHECKPOINT_KEY);
    const caches = await inStep(heard);
    caches.publish(change(0, 50));
    await told(heard, '50/50');
    redis.disconnect();
    await eventually('away', () => redis.status === 'end');
    const userId = newId();
    caches.publish(change(50, 50, [userId]));
    await redis.connect();
    await eventually('told', () => heard.notices.some(({ users }) => users.some(([id]) => id === userId)));
    expect(await redis.exists(`user:${userId}`)).toBe(1);
    await caches.stop();
  });
});

describe('a Redis that went back', () => {
  test('to before an event was settled is noticed, although the checkpoint is the same', async () => {
    using heard = await listen();
    const caches = await inStep(heard);
    caches.publish(change(0, 56));
    await told(heard, '56/56');
    const copy = await redis.hgetall(CACHE_CHECKPOINT_KEY);
    const userId = newId();
    caches.publish(change(56, 56, [userId]));
    await eventually('notified', () =>
      heard.notices.some(({ users }) => users.some(([id]) => id === userId)),
    );
    await redis.hset(CACHE_CHECKPOINT_KEY, copy);
    const epoch = await currentEpoch(redis);
    await eventually('an epoch', async () => {
      caches.heartbeat(at(56));
      return (await currentEpoch(redis)) > epoch;
    });
    await caches.stop();
  });
});

describe('when a change was lost', () => {
  test('nobody believes what was read before, though no checkpoint tells of it', async () => {
    using heard = await listen();
    const caches = await inStep(heard);
    const epoch = await currentEpoch(redis);
    caches.publish(change(0, 60));
    await told(heard, '60/60');
    // Too many for what is kept while Redis is unreachable: they are told by nobody.
    redis.disconnect();
    await eventually('away', () => redis.status === 'end');
    caches.publish(
      change(
        60,
        60,
        Array.from({ length: 20_001 }, () => newId()),
      ),
    );
    await redis.connect();
    const said = heard.notices.length;
    caches.heartbeat(at(60));
    await eventually('a gap', () =>
      heard.notices.slice(said).some(({ before, after }) => before === '0/0' && after === '60/60'),
    );
    expect((await currentEpoch(redis)) > epoch).toBe(true);
    await caches.stop();
  });
});
