import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { newStream, type StoreUnderTest, storeUnderTest } from './event-store.ts';

let store: StoreUnderTest;
const stream = newStream();
const connect = () => connectEventLog({ connectionString: store.connectionString });

beforeAll(async () => {
  store = await storeUnderTest();
  const log = connect();
  const events = Array.from({ length: 500 }, (_, n) => ({
    id: randomUUID(),
    type: 'TestHappened',
    data: { n, padding: 'x'.repeat(2_000) },
    metadata: {},
  }));
  await log.append(stream, 'no_stream', events, { deadlineMs: 10_000 });
  await log.close();
});
afterAll(() => store[Symbol.asyncDispose]());

/** Reads one event of several and leaves; what has arrived of the others is never read. */
async function readFirst(log: EventLog): Promise<number | undefined> {
  for await (const { revision } of log.readStream(stream)) return revision;
  return undefined;
}

describe('readers that leave early', () => {
  it('leave nothing behind that closing would wait for', async () => {
    // Several, because the first one's leaving is what the others' calls may meet; again, because it is a race.
    for (let round = 0; round < 15; round++) {
      const log = connect();
      const readers = [1, 2, 3].map(() => log.readStream(stream, { limit: 9 })[Symbol.asyncIterator]());
      const first = await Promise.all(readers.map((reader) => reader.next()));
      expect(first.map(({ value }) => value?.revision)).toEqual([0, 0, 0]);
      for (const reader of readers) await reader.return?.();
      await log.close();
    }
  });

  it('break nothing for the reads beside them', async () => {
    const log = connect();
    try {
      const whole = log.readStream(stream)[Symbol.asyncIterator]();
      await whole.next();
      for (let i = 0; i < 20; i++) expect(await readFirst(log)).toBe(0);
      let last = -1;
      for (let next = await whole.next(); !next.done; next = await whole.next()) last = next.value.revision;
      expect(last).toBe(499);
    } finally {
      await log.close();
    }
  });
});
