import { comparePositions } from '../shared/events/position.ts';
import type { AppliedEvent, Feed, FeedBatch } from './feeds/feed.ts';
import type { ReadModelWriter } from './read-model-writer.ts';

/**
 * Brings the writer's read models to the event `target`, exactly: nothing behind it is applied. A batch is read and
 * decoded while the one before it is written.
 * @param applied told after each batch how many events it had
 * @throws FeedStop, EventStoreUnavailable, or an error of PostgreSQL; another call goes on from there
 */
export async function buildUntil(
  feed: Feed,
  writer: ReadModelWriter,
  target: AppliedEvent | undefined,
  applied: (events: number) => void,
): Promise<void> {
  if (!target || hasReached(writer, target)) return;
  const reading = new AbortController();
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for await (const batch of feed.batches(writer.checkpoint.last, reading.signal)) {
      const { part, last } = cutAt(batch, target);
      const decoded = await writer.decode(part);
      await writing;
      writing = writer.write(decoded).then(() => applied(part.events.length));
      // Its failure is thrown where it is awaited.
      writing.catch(() => undefined);
      if (last) break;
    }
    await writing;
  } finally {
    reading.abort();
    await Promise.allSettled([writing]);
  }
}

const hasReached = (writer: ReadModelWriter, target: AppliedEvent): boolean => {
  const { last } = writer.checkpoint;
  return last !== undefined && comparePositions(last.position, target.position) >= 0;
};

/** The part of a batch up to the target, and whether the target is reached with it. */
function cutAt(batch: FeedBatch, target: AppliedEvent): { readonly part: FeedBatch; readonly last: boolean } {
  const { events } = batch;
  if (comparePositions(batch.position, target.position) < 0) return { part: batch, last: false };
  const within = events.filter(({ position }) => comparePositions(position, target.position) <= 0);
  return { part: { events: within, position: target.position }, last: true };
}
