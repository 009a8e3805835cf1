import { describe, expect, test } from 'vitest';
import { Backlog } from '../../../projector/feeds/backlog.ts';

const turns = async (count = 10) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A source that the test feeds by hand. */
function source<T>() {
  const waiting: ((batch: T[] | Error | undefined) => void)[] = [];
  const ready: (T[] | Error | undefined)[] = [];
  let asked = 0;
  return {
    push(batch: T[] | Error | undefined) {
      const take = waiting.shift();
      if (take) take(batch);
      else ready.push(batch);
    },
    get asked() {
      return asked;
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<T[], void> {
      for (;;) {
        asked++;
        const batch =
          ready.length > 0
            ? ready.shift()
            : await new Promise<T[] | Error | undefined>((resolve) => waiting.push(resolve));
        if (batch instanceof Error) throw batch;
        if (batch === undefined) return;
        yield batch;
      }
    },
  };
}

describe('a backlog', () => {
  test('gives at once what is there, and gathers what comes while the consumer works', async () => {
    const from = source<number>();
    const taken = new Backlog<number>(100).through(from, 4);
    from.push([1]);
    expect((await taken.next()).value).toEqual([1]);
    from.push([2, 3]);
    from.push([4]);
    from.push([5, 6]);
    await turns();
    expect((await taken.next()).value).toEqual([2, 3, 4, 5]);
    expect((await taken.next()).value).toEqual([6]);
  });

  test('reads no further ahead than its limit', async () => {
    const from = source<number>();
    const backlog = new Backlog<number>(3);
    const taken = backlog.through(from, 2);
    for (let i = 0; i < 10; i++) from.push([i]);
    expect((await taken.next()).value).toEqual([0]);
    await turns();
    expect(backlog.size).toBe(3);
    const before = from.asked;
    await turns();
    expect(from.asked).toBe(before);
    expect((await taken.next()).value).toEqual([1, 2]);
    await turns();
    expect(backlog.size).toBe(3);
    expect(backlog.first).toBe(3);
  });

  test('throws what the source threw, after everything that arrived before', async () => {
    const from = source<number>();
    const taken = new Backlog<number>(10).through(from, 10);
    from.push([1]);
    from.push(new Error('lost'));
    await turns();
    expect((await taken.next()).value).toEqual([1]);
    await expect(taken.next()).rejects.toThrow('lost');
  });

  test('ends with the source, and forgets what a consumer that left did not take', async () => {
    const backlog = new Backlog<number>(10);
    const first = source<number>();
    const taken = backlog.through(first, 1);
    first.push([1, 2, 3]);
    await taken.next();
    await taken.return();
    first.push([4]);
    await turns();
    expect(backlog.size).toBe(0);

    const second = source<number>();
    second.push([7]);
    second.push(undefined);
    expect(await Array.fromAsync(backlog.through(second, 5))).toEqual([[7]]);
  });
});
