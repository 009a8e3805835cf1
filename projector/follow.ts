import { HEARTBEAT_MS } from '../shared/read-model/notices.ts';
import type { Change } from './caches.ts';
import type { Feed } from './feeds/feed.ts';
import type { ProjectorMetrics } from './metrics.ts';
import type { DecodedBatch, ReadModelWriter } from './read-model-writer.ts';

export interface FollowOptions {
  readonly feed: Feed;
  readonly writer: ReadModelWriter;
  /** Told of every committed change, in order; must return at once. */
  readonly caches: { publish(change: Change): void };
  readonly metrics: ProjectorMetrics;
  readonly signal: AbortSignal;
  /** The source is verified, events are on their way. */
  readonly started: () => void;
  /** How many events have been taken from the feed and are not written yet, and the time of the first. */
  readonly inHand: (events: number, since: Date | undefined) => void;
}

/**
 * Follows the feed from the writer's checkpoint until the signal aborts: reads and decodes a batch while the one
 * before it is written. Returns or throws when no transaction is under way any more.
 * @throws FeedStop, CheckpointMoved, EventStoreUnavailable, VaultUnavailable, or an error of PostgreSQL
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { feed, writer, signal } = options;
  await feed.verify(writer.checkpoint.last);
  options.started();
  const inner = new AbortController();
  const queue = new WriteQueue((error) => inner.abort(error));
  const settling = setInterval(() => {
    if (writer.parkedUsers > 0) queue.add(() => settle(options));
  }, HEARTBEAT_MS);
  try {
    const following = AbortSignal.any([signal, inner.signal]);
    for await (const batch of feed.batches(writer.checkpoint.last, following)) {
      const decoded = await writer.decode(batch);
      await queue.idle();
      if (following.aborted) break;
      queue.add(() => write(options, decoded));
    }
  } finally {
    clearInterval(settling);
    await queue.idle();
    // Ends the subscription if it has not ended by itself.
    inner.abort();
  }
  if (queue.failure) throw queue.failure.error;
}

async function write({ writer, caches, metrics, inHand }: FollowOptions, batch: DecodedBatch): Promise<void> {
  const { events } = batch.decoded;
  inHand(events.length, events[0]?.loggedAt);
  const parkedBefore = writer.parkedUsers;
  const seconds = metrics.batchSeconds.startTimer();
  const change = await writer.write(batch);
  seconds();
  if (change) caches.publish(change);
  metrics.batchSize.observe(events.length);
  metrics.parked.inc(Math.max(0, writer.parkedUsers - parkedBefore));
  for (const { recorded } of events) metrics.events.inc({ type: recorded.event.type });
  inHand(0, undefined);
}

async function settle({ writer, caches, feed }: FollowOptions): Promise<void> {
  for (const change of await writer.settleMarked(feed)) caches.publish(change);
}

/** Runs writes one after another, none after one that failed. */
class WriteQueue {
  readonly #onFailure: (error: unknown) => void;
  #tail: Promise<void> = Promise.resolve();
  failure: { readonly error: unknown } | undefined;

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  add(work: () => Promise<void>): void {
    this.#tail = this.#tail
      .then(() => (this.failure ? undefined : work()))
      .catch((error: unknown) => {
        this.failure ??= { error };
        this.#onFailure(error);
      });
  }

  /** Resolves when everything that was added is done; never rejects. */
  idle(): Promise<void> {
    return this.#tail;
  }
}
