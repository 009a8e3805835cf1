import type { RecordedEvent } from '../../shared/event-log/event-log.ts';
import { comparePositions, type Position } from '../../shared/event-log/position.ts';
import type { Feed, FeedBatch } from '../feeds/feed.ts';
import type { ReadModelWriter } from '../write/read-model-writer.ts';
import { WriteBehind } from '../write/write-behind.ts';

/**
 * Events that are decoded together and written in one transaction. What comes of the log at once is fewer than a hundred, and
 * each of those would ask the vault for keys: a quarter of a rebuild's time.
 */
const BATCH = 5_000;

/** Told of events that were applied: how many, and when the last of them was logged. */
export type Applied = (events: number, reached: Date | undefined) => void;

/**
 * Brings the writer's read models to the event `target`, exactly: nothing after it is applied. It reads and decodes
 * while it writes.
 * @param applied called after each transaction
 * @param signal ends it early, between two transactions
 * @throws FeedStop, EventStoreUnavailable, or an error of PostgreSQL; another call goes on from there
 */
export async function buildUntil(
  feed: Feed,
  writer: ReadModelWriter,
  target: { readonly position: Position } | undefined,
  applied: Applied,
  signal?: AbortSignal,
): Promise<void> {
  if (!target || hasReached(writer, target)) return;
  const reading = new AbortController();
  const writes = new WriteBehind({
    write: async (batch) => {
      const { stop } = await writer.write(batch);
      if (stop) throw stop;
      applied(batch.decoded.count, batch.decoded.last?.created);
    },
    // The next is read and decoded meanwhile.
    maxEvents: 2 * BATCH,
    failed: () => reading.abort(),
  });
  try {
    const either = signal ? AbortSignal.any([signal, reading.signal]) : reading.signal;
    for await (const batch of upTo(target, feed.batches(writer.checkpoint.last, either))) {
      const decoded = await writer.decode(batch);
      await writes.add(decoded);
      if (decoded.decoded.stop) break;
    }
  } finally {
    await writes.idle();
    reading.abort();
  }
  if (writes.failure) throw writes.failure.error;
}

export const hasReached = (writer: ReadModelWriter, target: { readonly position: Position }): boolean => {
  const { last } = writer.checkpoint;
  return last !== undefined && comparePositions(last.position, target.position) >= 0;
};

/** What lies up to the target, in batches of {@link BATCH} events and what is left. */
export async function* upTo(
  target: { readonly position: Position },
  batches: AsyncIterable<FeedBatch>,
): AsyncGenerator<FeedBatch, void> {
  let events: RecordedEvent[] = [];
  for await (const { events: arrived, position } of batches) {
    if (comparePositions(position, target.position) >= 0) {
      const within = arrived.filter((event) => comparePositions(event.position, target.position) <= 0);
      yield { events: [...events, ...within], position: target.position };
      return;
    }
    for (const event of arrived) events.push(event);
    if (events.length < BATCH) continue;
    yield { events, position };
    events = [];
  }
}
