import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { connectRedis, type Redis } from '../../../shared/adapters/redis/client.ts';
import { pingRedis } from '../../../shared/adapters/redis/ping.ts';
import { redisCounters } from '../../../shared/adapters/redis/rate-counters.ts';
import { systemClock } from '../../../shared/clock.ts';
import { RateLimiter } from '../../../shared/http/limits/rate-limit.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { startRedis } from '../../support/servers/servers.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let redis: Redis;
beforeAll(async () => {
  redis = connectRedis({ url: inject('redisUrl'), name: 'test', logger });
  await pingRedis(redis, AbortSignal.timeout(5_000));
});
afterAll(() => redis.disconnect());

it('adds a whole batch in one round trip and answers the totals in order; a counter ends by itself', async () => {
  const counters = redisCounters(redis);
  const [a, b] = [randomUUID(), randomUUID()];
  expect(
    await counters.add(
      [
        { key: a, count: 2 },
        { key: b, count: 5 },
      ],
      60_000,
    ),
  ).toEqual([2, 5]);
  expect(
    await counters.add(
      [
        { key: b, count: 1 },
        { key: a, count: 1 },
      ],
      60_000,
    ),
  ).toEqual([6, 3]);
  const life = await redis.pttl(a);
  expect(life).toBeGreaterThan(50_000);
  expect(life).toBeLessThanOrEqual(60_000);
});

it('goes on by the node’s own counts while Redis is unreachable, and shares them again when it is back', async () => {
  await using server = await startRedis();
  const own = connectRedis({ url: server.url, name: 'test', logger });
  const other = connectRedis({ url: server.url, name: 'test', logger });
  await Promise.all([own, other].map((each) => pingRedis(each, AbortSignal.timeout(5_000))));
  // One minute for the whole test, wherever it falls.
  const now = systemClock();
  const limiter = (connection: Redis) =>
    new RateLimiter({ shared: redisCounters(connection), clock: () => now, logger });
  const [one, two] = [limiter(own), limiter(other)];
  const uses = (node: RateLimiter, count: number) =>
    Array.from({ length: count }, () => node.check('key', 5).allowed).filter(Boolean).length;

  expect(uses(one, 2)).toBe(2);
  await one.flush();
  await server.kill();
  expect(uses(one, 9)).toBe(3);
  expect(uses(two, 9)).toBe(5);
  await Promise.all([one.flush(), two.flush()]);

  await server.start();
  await Promise.all([own, other].map((each) => pingRedis(each, AbortSignal.timeout(10_000))));
  await Promise.all([one.flush(), two.flush()]);
  const third = limiter(own);
  expect(uses(third, 1)).toBe(1);
  await third.flush();
  expect(uses(third, 1)).toBe(0);
  own.disconnect();
  other.disconnect();
});
