import { comparePositions, type Position } from '../../shared/event-log/position.ts';
import type { Feed, FeedBatch } from '../feeds/feed.ts';
import type { ReadModelWriter } from '../write/read-model-writer.ts';
import { WriteBehind } from '../write/write-behind.ts';

/** Events of a transaction. */
const MIN_EVENTS = 2_000;
const MAX_EVENTS = 5_000;

/**
 * Brings the writer's read models to the event `target`, exactly: nothing after it is applied. It reads and decodes
 * while it writes.
 * @param applied called after each transaction with the number of its events
 * @param signal ends it early, between two transactions
 * @throws FeedStop, EventStoreUnavailable, or an error of PostgreSQL; another call goes on from there
 */
export async function buildUntil(
  feed: Feed,
  writer: ReadModelWriter,
  target: { readonly position: Position } | undefined,
  applied: (events: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (!target || hasReached(writer, target)) return;
  const reading = new AbortController();
  const writes = new WriteBehind({
    write: async (batch) => {
      const { stop } = await writer.write(batch);
      if (stop) throw stop;
      applied(batch.decoded.count);
    },
    minEvents: MIN_EVENTS,
    maxEvents: MAX_EVENTS,
    failed: () => reading.abort(),
  });
  try {
    const either = signal ? AbortSignal.any([signal, reading.signal]) : reading.signal;
    for await (const batch of feed.batches(writer.checkpoint.last, either)) {
      const { part, last } = cutAt(batch, target);
      const decoded = await writer.decode(part);
      await writes.add(decoded);
      if (last || decoded.decoded.stop) break;
    }
  } finally {
    writes.flush();
    await writes.idle();
    reading.abort();
  }
  if (writes.failure) throw writes.failure.error;
}

const hasReached = (writer: ReadModelWriter, target: { readonly position: Position }): boolean => {
  const { last } = writer.checkpoint;
  return last !== undefined && comparePositions(last.position, target.position) >= 0;
};

/** The part of a batch up to the target, and whether the target is reached with it. */
function cutAt(
  batch: FeedBatch,
  target: { readonly position: Position },
): { readonly part: FeedBatch; readonly last: boolean } {
  const { events } = batch;
  if (comparePositions(batch.position, target.position) < 0) return { part: batch, last: false };
  const within = events.filter(({ position }) => comparePositions(position, target.position) <= 0);
  return { part: { events: within, position: target.position }, last: true };
}
