import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CounterChange,
  RateLimiter,
  rateLimitHeaders,
  type SharedCounters,
  WINDOW_MS,
} from '../../../shared/http/limits/rate-limit.ts';
import { createLogger } from '../../../shared/process/logger.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const START = 1_000 * WINDOW_MS;

/** Counters in memory that can be unreachable. */
class Counters implements SharedCounters {
  readonly totals = new Map<string, number>();
  readonly batches: number[] = [];
  away = false;
  async add(changes: readonly CounterChange[]): Promise<number[]> {
    if (this.away) throw new Error('away');
    this.batches.push(changes.length);
    return changes.map(({ key, count }) => {
      const total = (this.totals.get(key) ?? 0) + count;
      this.totals.set(key, total);
      return total;
    });
  }
}

function limiters(nodes: number, shared?: Counters, maxKeys?: number) {
  const time = { now: START };
  const clock = () => time.now;
  const options = { shared, clock, logger, ...(maxKeys === undefined ? {} : { maxKeys }) };
  return {
    time,
    nodes: Array.from({ length: nodes }, () => new RateLimiter(options)) as [RateLimiter, ...RateLimiter[]],
  };
}

describe('one node', () => {
  it('lets exactly the limit through in a minute, and starts again in the next', () => {
    const { time, nodes } = limiters(1);
    const [limiter] = nodes;
    const minute = () => Array.from({ length: 5 }, () => limiter.check('a', 3).allowed);
    expect(minute()).toEqual([true, true, true, false, false]);
    time.now += WINDOW_MS - 1;
    expect(limiter.check('a', 3)).toEqual({ allowed: false, remaining: 0, resetSeconds: 1 });
    time.now += 1;
    expect(minute()).toEqual([true, true, true, false, false]);
    expect(limiter.check('b', 3)).toEqual({ allowed: true, remaining: 2, resetSeconds: 60 });
  });

  it('forgets the oldest key when too many come, and says so', () => {
    const { nodes } = limiters(1, undefined, 2);
    const [limiter] = nodes;
    for (const key of ['a', 'b', 'c']) limiter.check(key, 1);
    expect([limiter.size, limiter.evicted]).toEqual([2, 1]);
    expect(limiter.check('c', 1).allowed).toBe(false);
    expect(limiter.check('a', 1).allowed).toBe(true);
  });

  it('is not undone by a clock that goes back a second', () => {
    const { time, nodes } = limiters(1);
    const [limiter] = nodes;
    limiter.check('a', 1);
    time.now -= 1_000;
    expect(limiter.check('a', 1).allowed).toBe(false);
    time.now += 1_000;
    expect(limiter.check('a', 1).allowed).toBe(false);
  });
});

describe('several nodes', () => {
  it('together keep the limit, but for what comes within one exchange', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 10 })), { maxLength: 40 }),
        async (limit, bursts) => {
          const { nodes } = limiters(3, new Counters());
          let allowed = 0;
          let largest = 0;
          for (const [node, burst] of bursts) {
            const limiter = nodes[node] as RateLimiter;
            for (let i = 0; i < burst; i += 1) allowed += limiter.check('a', limit).allowed ? 1 : 0;
            largest = Math.max(largest, burst);
            await limiter.flush();
          }
          const asked = bursts.reduce((sum, [, burst]) => sum + burst, 0);
          expect(allowed).toBeGreaterThanOrEqual(Math.min(limit, asked));
          // A node that has not exchanged anything yet learns of the others with its first exchange.
          expect(allowed).toBeLessThanOrEqual(limit + 2 * largest);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('leave keys alone that are far from their limit', async () => {
    const shared = new Counters();
    const { nodes } = limiters(1, shared);
    const [limiter] = nodes;
    for (let i = 0; i < 5; i += 1) limiter.check('a', 600);
    await limiter.flush();
    expect(shared.batches).toEqual([]);
    limiter.check('a', 600);
    await limiter.flush();
    expect([...shared.totals.values()]).toEqual([6]);
  });

  it('go on by themselves while the counters are unreachable, and add what is due when they are back', async () => {
    const shared = new Counters();
    const { nodes } = limiters(2, shared);
    const [one, two] = nodes as unknown as [RateLimiter, RateLimiter];
    shared.away = true;
    for (let i = 0; i < 4; i += 1) {
      expect(one.check('a', 4).allowed).toBe(true);
      expect(two.check('a', 4).allowed).toBe(true);
      await one.flush();
      await two.flush();
    }
    expect([one.check('a', 4).allowed, two.check('a', 4).allowed]).toEqual([false, false]);
    shared.away = false;
    await one.flush();
    await two.flush();
    expect([...shared.totals.values()]).toEqual([8]);
  });

  it('exchange in batches of bounded size, each key once', async () => {
    const shared = new Counters();
    const { nodes } = limiters(1, shared);
    const [limiter] = nodes;
    for (let key = 0; key < 1_200; key += 1) limiter.check(`k${key}`, 10);
    await limiter.flush();
    expect(shared.batches).toEqual([500, 500, 200]);
    await limiter.flush();
    expect(shared.batches).toHaveLength(3);
  });

  it('do not carry a minute’s counts into the next', async () => {
    const shared = new Counters();
    const { time, nodes } = limiters(1, shared);
    const [limiter] = nodes;
    limiter.check('a', 10);
    time.now += WINDOW_MS;
    await limiter.flush();
    expect(shared.totals.size).toBe(0);
  });
});

it('says the policy and what is left in the draft’s words', () => {
  expect(rateLimitHeaders('logins', 10, { allowed: true, remaining: 9, resetSeconds: 31 })).toEqual({
    'RateLimit-Policy': '"logins";q=10;w=60',
    RateLimit: '"logins";r=9;t=31',
  });
});
