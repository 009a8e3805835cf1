import { HEARTBEAT_MS } from '../../shared/read-model/notices.ts';
import type { Change } from '../caches/caches.ts';
import { WriteBehind } from '../caches/write-behind.ts';
import type { Feed } from '../feeds/feed.ts';
import type { ProjectorMetrics } from '../metrics.ts';
import { beginProjecting, endProjecting } from '../write/batch-spans.ts';
import type { DecodedBatch, ReadModelWriter } from '../write/read-model-writer.ts';

export interface FollowOptions {
  readonly feed: Feed;
  readonly writer: ReadModelWriter;
  /** Told of every committed change, in order; must return at once. */
  readonly caches: { publish(change: Change): void };
  readonly metrics: ProjectorMetrics;
  /** Most events of a transaction, roughly. */
  readonly maxBatch: number;
  readonly signal: AbortSignal;
  /** The source is verified, events are on their way. */
  readonly started: () => void;
  /** How many events have been taken from the feed and are not written yet, and the time of the first. */
  readonly inHand: (events: number, since: Date | undefined) => void;
  /** A batch was committed. */
  readonly written: () => void;
}

/**
 * Follows the feed from the writer's checkpoint until the signal aborts: reads and decodes while it writes. Returns or throws when no transaction is under way any more.
 * @throws FeedStop, CheckpointMoved, EventStoreUnavailable, VaultUnavailable, or an error of PostgreSQL
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { feed, writer, signal } = options;
  await feed.verify(writer.checkpoint.last, signal);
  options.started();
  const inner = new AbortController();
  const held = new Held(options.inHand);
  const behind = new WriteBehind({
    write: async (batch) => {
      await write(options, batch);
      held.written(batch.decoded.count);
      options.written();
    },
    maxEvents: options.maxBatch,
    failed: (error) => inner.abort(error),
  });
  const settling = setInterval(() => {
    if (writer.parkedUsers > 0) behind.run(() => settle(options));
  }, HEARTBEAT_MS);
  try {
    const following = AbortSignal.any([signal, inner.signal]);
    for await (const batch of feed.batches(writer.checkpoint.last, following)) {
      const decoded = await writer.decode(batch);
      if (following.aborted) break;
      held.taken(decoded.decoded.count, batch.events[0]?.created);
      await behind.add(decoded);
      // What lies behind the event that it stopped at is not to be read.
      if (decoded.decoded.stop) break;
    }
  } finally {
    clearInterval(settling);
    await behind.idle();
    // Ends the subscription if it has not ended by itself.
    inner.abort();
  }
  if (behind.failure) throw behind.failure.error;
}

/** What has been taken from the feed and is not written yet, also what waits for the next transaction. */
class Held {
  readonly #tell: FollowOptions['inHand'];
  readonly #batches: { readonly events: number; readonly since: Date | undefined }[] = [];
  #events = 0;

  constructor(tell: FollowOptions['inHand']) {
    this.#tell = tell;
  }

  taken(events: number, since: Date | undefined): void {
    if (events === 0) return;
    this.#batches.push({ events, since });
    this.#events += events;
    this.#tell(this.#events, this.#batches[0]?.since);
  }

  /** Whole batches are written, the oldest first. */
  written(events: number): void {
    for (let left = events; left > 0; ) left -= this.#batches.shift()?.events ?? left;
    this.#events -= events;
    this.#tell(this.#events, this.#batches[0]?.since);
  }
}

async function write({ writer, caches, metrics }: FollowOptions, batch: DecodedBatch): Promise<void> {
  const { events, count } = batch.decoded;
  const parkedBefore = writer.parkedUsers;
  const seconds = metrics.batchSeconds.startTimer();
  const projecting = beginProjecting(events);
  const change = await writer.write(batch).catch((error: unknown) => {
    endProjecting(projecting, { error });
    throw error;
  });
  seconds();
  const traces = endProjecting(projecting);
  if (change) caches.publish(traces.length > 0 ? { ...change, traces } : change);
  metrics.batchSize.observe(count);
  metrics.parked.inc(Math.max(0, writer.parkedUsers - parkedBefore));
  for (const { recorded } of events) metrics.events.inc({ type: recorded.event.type });
}

async function settle({ writer, caches, feed }: FollowOptions): Promise<void> {
  for (const change of await writer.settleMarked(feed)) caches.publish(change);
}
