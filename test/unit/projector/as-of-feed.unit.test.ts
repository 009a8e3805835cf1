import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { eventTime } from '../../../projector/as-of/cuts.ts';
import { CLOCK_MARGIN_MS, feedUntil } from '../../../projector/as-of/feed.ts';
import type { Feed, FeedBatch } from '../../../projector/feeds/feed.ts';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';

const AS_OF = Date.parse('2026-06-01T00:00:00.000Z');

const event = (position: number, loggedAt: number): RecordedEvent => ({
  id: randomUUID(),
  type: 'PasswordChanged',
  data: {},
  metadata: {},
  stream: 'user-1',
  revision: position,
  position: { commit: BigInt(position), prepare: BigInt(position) },
  created: new Date(loggedAt),
});

/** A feed of these batches, which says how many were asked for. */
function feedOf(batches: readonly FeedBatch[]) {
  const asked = { count: 0, ended: false };
  const feed: Feed = {
    verify: async () => undefined,
    waiting: { events: 0, since: undefined },
    userEvents: async function* () {},
    async *batches(_last, signal) {
      try {
        for (const batch of batches) {
          if (signal.aborted) return;
          asked.count += 1;
          yield batch;
        }
      } finally {
        asked.ended = true;
      }
    },
  };
  return { feed, asked };
}

const batch = (...events: RecordedEvent[]): FeedBatch => ({
  events,
  position: events.at(-1)?.position ?? { commit: 0n, prepare: 0n },
});

const read = (feed: Feed, signal = new AbortController().signal) =>
  Array.fromAsync(
    feedUntil(feed, {
      asOf: AS_OF,
      cuts: { keep: async (events) => events },
      signal,
      reached: () => undefined,
    }).batches(undefined, new AbortController().signal),
  );

describe('a feed up to an instant', () => {
  test('ends once the log is past it by more than clocks may differ, and reads no further', async () => {
    const within = event(1, AS_OF + CLOCK_MARGIN_MS);
    const { feed, asked } = feedOf([
      batch(event(0, AS_OF - 1), within),
      batch(event(2, AS_OF + 5), event(3, AS_OF + CLOCK_MARGIN_MS + 1), event(4, AS_OF)),
      batch(event(5, AS_OF)),
    ]);
    const batches = await read(feed);
    expect(batches.map(({ events }) => events.map(({ revision }) => revision))).toEqual([[0, 1], [2]]);
    expect(batches.at(-1)?.position).toEqual({ commit: 2n, prepare: 2n });
    expect(asked).toEqual({ count: 2, ended: true });
  });

  test('says where it is also if the first event is past it', async () => {
    const { feed } = feedOf([batch(event(7, AS_OF + CLOCK_MARGIN_MS + 1))]);
    expect(await read(feed)).toEqual([{ events: [], position: { commit: 0n, prepare: 0n } }]);
  });

  test('goes on through a log that was copied later, by when its events were decided', async () => {
    const copied = (position: number, decidedAt: number): RecordedEvent => ({
      ...event(position, AS_OF + 90 * CLOCK_MARGIN_MS),
      metadata: { decidedAt: new Date(decidedAt).toISOString() },
    });
    const { feed } = feedOf([
      batch(copied(0, AS_OF - 5), copied(1, AS_OF + 5)),
      batch(copied(2, AS_OF), copied(3, AS_OF + CLOCK_MARGIN_MS + 1), copied(4, AS_OF)),
    ]);
    const batches = await read(feed);
    expect(batches.flatMap(({ events }) => events.map(({ revision }) => revision))).toEqual([0, 1, 2]);
  });

  test('ends when it is told to', async () => {
    const stop = new AbortController();
    stop.abort();
    const { feed, asked } = feedOf([batch(event(0, AS_OF))]);
    expect(await read(feed, stop.signal)).toEqual([]);
    expect(asked.ended).toBe(true);
  });
});

test("an event's time is when it was decided, else the log's", () => {
  const created = new Date(AS_OF);
  expect(eventTime({ metadata: { decidedAt: '2026-05-01T00:00:00.000Z' }, created })).toBe(
    Date.parse('2026-05-01'),
  );
  expect(eventTime({ metadata: {}, created })).toBe(AS_OF);
  expect(eventTime({ metadata: { decidedAt: 'nonsense' }, created })).toBe(AS_OF);
});
