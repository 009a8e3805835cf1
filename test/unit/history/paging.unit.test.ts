import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { Histories } from '../../../query-service/queries/history.ts';
import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { ReadStreamOptions } from '../../../shared/event-log/event-log.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { activate, revoke, signUp, start, stream, userId } from './given.ts';

const SIZE = 20;

it('a history that is read page by page is folded about twice, not once for each page', async () => {
  const licenses = Array.from({ length: 150 }, () => randomUUID());
  const events = await stream(
    ...[signUp, start()].map((event) => [event] as const),
    ...licenses.flatMap((id) => [[activate(id, id)] as const, [revoke(id, id)] as const]),
  );
  let read = 0;
  const log = {
    async *readStream(_: string, { from = 0 }: ReadStreamOptions = {}) {
      for (const event of events.slice(from)) {
        read += 1;
        yield event;
      }
    },
  };
  const histories = new Histories({
    log,
    db: { query: async () => ({ rows: [] }) } as unknown as Queryable,
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  const { signal } = new AbortController();
  const pageAfter = async (after: number | undefined, asOf?: number) =>
    (await histories.read({ userId, asOf, page: { after, limit: SIZE + 1 }, signal }))?.entries ?? [];

  const whole = await histories.read({
    userId,
    asOf: undefined,
    page: { after: undefined, limit: 10_000 },
    signal,
  });
  read = 0;
  const pages: Awaited<ReturnType<typeof pageAfter>>[] = [];
  let after: number | undefined;
  for (let more = true; more; ) {
    const found = await pageAfter(after);
    more = found.length > SIZE;
    pages.push(found.slice(0, SIZE));
    after = pages.at(-1)?.at(-1)?.recorded.revision;
  }
  expect(pages.flat()).toEqual(whole?.entries);
  expect(pages.length).toBeGreaterThan(10);
  expect(read).toBeLessThan(2.3 * events.length);

  // Asked again, and as of another time: the same page.
  const again = await pageAfter(2 * SIZE - 1);
  expect(again.slice(0, SIZE)).toEqual(pages[2]);
  const until = pages[2]?.[4]?.recorded.created.getTime();
  expect(await pageAfter(2 * SIZE - 1, until)).toEqual(pages[2]?.slice(0, 5));
});
