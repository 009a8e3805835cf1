import { HEARTBEAT_MS } from '../../shared/read-model/notices.ts';
import type { Change } from '../caches/caches.ts';
import type { Feed } from '../feeds/feed.ts';
import type { Session } from '../follow/consumer.ts';
import { beginProjecting, endProjecting } from './batch-spans.ts';
import type { DecodedBatch } from './decode.ts';
import type { WriteMetrics } from './metrics.ts';
import type { ErasedUser } from './projections/erased.ts';
import type { ReadModelWriter } from './read-model-writer.ts';
import { WriteBehind } from './write-behind.ts';

export interface ProjectOptions {
  readonly feed: Feed;
  readonly writer: ReadModelWriter;
  /** Given every committed change, in order; must return at once. */
  readonly caches: { publish(change: Change): void };
  readonly metrics: WriteMetrics;
  /** Most events of a transaction, roughly. */
  readonly maxBatch: number;
  /** Marks parked events as they were settled elsewhere, where nobody marks these. */
  readonly marks?: { follow(): Promise<void> };
}

/**
 * Projects the feed from the writer's checkpoint on until the signal aborts: reads and decodes while it writes. Returns
 * or throws when no transaction is under way any more.
 * @throws FeedStop, CheckpointMoved, EventStoreUnavailable, VaultUnavailable, or an error of PostgreSQL
 */
export async function project(options: ProjectOptions, session: Session): Promise<void> {
  const { feed, writer } = options;
  await feed.verify(writer.checkpoint.last, session.signal);
  session.started();
  const inner = new AbortController();
  const writes = new WriteBehind({
    write: async (batch) => {
      await write(options, batch);
      session.written(batch.decoded.count);
    },
    maxEvents: options.maxBatch,
    failed: (error) => inner.abort(error),
  });
  let following = true;
  /** Piece by piece between the batches, for as long as there are more. */
  const inPieces = <P>(next: (after: P | undefined) => Promise<P | undefined>, after?: P): void =>
    writes.run(async () => {
      const last = await next(after);
      if (last !== undefined && following) inPieces(next, last);
    });
  inPieces((after: ErasedUser | undefined) => writer.forgetErased(after));
  inPieces((after: string | undefined) => writer.fillCancelledBy(feed, after));
  const settling = setInterval(() => {
    if (writer.parkedUsers > 0) writes.run(() => settle(options));
  }, HEARTBEAT_MS);
  try {
    const signal = AbortSignal.any([session.signal, inner.signal]);
    for await (const batch of feed.batches(writer.checkpoint.last, signal)) {
      const decoded = await writer.decode(batch);
      if (signal.aborted) break;
      session.taken(decoded.decoded.count, batch.events[0]?.created);
      await writes.add(decoded);
      // What comes after the event that it stopped at is not to be read.
      if (decoded.decoded.stop) break;
    }
  } finally {
    clearInterval(settling);
    following = false;
    await writes.idle();
    // Ends the subscription if it has not ended by itself.
    inner.abort();
  }
  if (writes.failure) throw writes.failure.error;
}

async function write({ writer, caches, metrics }: ProjectOptions, batch: DecodedBatch): Promise<void> {
  const { events, count } = batch.decoded;
  const parkedBefore = writer.parkedUsers;
  const seconds = metrics.batchSeconds.startTimer();
  const projecting = beginProjecting(events);
  const { change, stop } = await writer.write(batch).catch((error: unknown) => {
    endProjecting(projecting, { error });
    throw error;
  });
  seconds();
  const traces = endProjecting(projecting, stop && { error: stop });
  if (change) caches.publish(traces.length > 0 ? { ...change, traces } : change);
  if (stop) throw stop;
  metrics.batchSize.observe(count);
  metrics.parked.inc(Math.max(0, writer.parkedUsers - parkedBefore));
  for (const { recorded, foreign } of events) {
    metrics.events.inc({ type: foreign ? 'foreign' : recorded.event.type });
  }
  for (const { recorded } of batch.decoded.staff) metrics.events.inc({ type: recorded.event.type });
}

async function settle({ writer, caches, feed, marks }: ProjectOptions): Promise<void> {
  await marks?.follow();
  for await (const change of writer.settleMarked(feed)) caches.publish(change);
}
