import { describe, expect, it } from 'vitest';
import type { Figures } from '../../../query-service/queries/stats/figures.ts';
import { keptFigures } from '../../../query-service/queries/stats/kept.ts';
import { createLogger } from '../../../shared/process/logger.ts';

const SECOND = 1_000;

/** Counts that a test ends; each says when it began. */
function counting() {
  const time = { now: 0 };
  const counts: PromiseWithResolvers<Figures>[] = [];
  const figures = keptFigures({
    count: () => {
      const count = Promise.withResolvers<Figures>();
      counts.push(count);
      return count.promise;
    },
    clock: () => time.now,
    monotonic: () => time.now,
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  return {
    figures,
    counts,
    pass: (ms: number) => {
      time.now += ms;
    },
    /** Ends the count that was begun last, and lets what waits for it go on. */
    end: async (asOf: number) => {
      counts.at(-1)?.resolve({ asOf } as Figures);
      await Promise.resolve();
    },
    fail: async () => {
      counts.at(-1)?.reject(new Error('PostgreSQL is unreachable'));
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('kept figures', () => {
  it('are counted once for everybody who asks meanwhile', async () => {
    const { figures, counts, end } = counting();
    const answers = Promise.all([figures(), figures()]);
    await end(1);
    expect((await answers).map(({ asOf }) => asOf)).toEqual([1, 1]);
    expect(counts).toHaveLength(1);
  });

  it('are answered at once, and counted again behind the answer once they are five seconds old', async () => {
    const { figures, counts, end, pass } = counting();
    const first = figures();
    await end(1);
    await first;
    pass(5 * SECOND - 1);
    expect((await figures()).asOf).toBe(1);
    expect(counts).toHaveLength(1);
    pass(1);
    expect((await figures()).asOf).toBe(1);
    expect((await figures()).asOf).toBe(1);
    expect(counts).toHaveLength(2);
    await end(2);
    expect((await figures()).asOf).toBe(2);
    expect(counts).toHaveLength(2);
  });

  it('are counted less often where that takes long', async () => {
    const { figures, counts, end, pass } = counting();
    const first = figures();
    pass(3 * SECOND);
    await end(1);
    await first;
    // Its age is from when the counting began.
    pass(57 * SECOND - 1);
    await figures();
    expect(counts).toHaveLength(1);
    pass(1);
    await figures();
    expect(counts).toHaveLength(2);
  });

  it('are waited for where nobody asked for five minutes', async () => {
    const { figures, counts, end, pass } = counting();
    const first = figures();
    await end(1);
    await first;
    pass(300 * SECOND);
    const later = figures();
    expect(counts).toHaveLength(2);
    await end(2);
    expect((await later).asOf).toBe(2);
  });

  it('stay while they can’t be counted, until they are too old', async () => {
    const { figures, counts, end, fail, pass } = counting();
    const first = figures();
    await end(1);
    await first;
    pass(10 * SECOND);
    expect((await figures()).asOf).toBe(1);
    await fail();
    expect((await figures()).asOf).toBe(1);
    expect(counts).toHaveLength(3);
    await fail();
    pass(300 * SECOND);
    const refused = figures();
    await Promise.all([expect(refused).rejects.toThrow('PostgreSQL is unreachable'), fail()]);
  });
});
