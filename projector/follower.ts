import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreUnavailable } from '../shared/adapters/eventstoredb/errors.ts';
import { isKafkaUnavailable } from '../shared/adapters/kafka/errors.ts';
import { isPostgresUnavailable } from '../shared/adapters/postgres/pool.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { HEARTBEAT_MS } from '../shared/read-model/notices.ts';
import { VaultUnavailable } from '../shared/vault/errors.ts';
import type { Caches } from './caches.ts';
import { CheckpointMoved, FeedNotOwned, FeedStop } from './errors.ts';
import { isTransient } from './faults.ts';
import type { Feed } from './feeds/feed.ts';
import { follow } from './follow.ts';
import type { FeedState, Observed, ProjectorMetrics } from './metrics.ts';
import type { ReadModelWriter } from './read-model-writer.ts';

export interface FollowerOptions {
  readonly feed: Feed;
  readonly writer: ReadModelWriter;
  readonly caches: Caches;
  /** Most events of a transaction, roughly. */
  readonly maxBatch: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ProjectorMetrics;
}

const RETRY_MS = { first: 50, most: 1_000 };
/** After a stop everything is tried from the start again, in case somebody has put it right. */
const STOP_RETRY_MS = 5_000;
/** Then the feed counts as running again once a batch is written, or nothing has gone wrong for this long. */
const RECOVERY_MS = 2_000;

/**
 * Follows one feed into the rows of one lane, starts over when something was lost, and knows how that goes. Whether it
 * may is said by whoever calls {@link Follower.work}.
 */
export class Follower {
  readonly #options: FollowerOptions;
  #state: FeedState = 'waiting';
  #reason: string | undefined;
  #inHand: { readonly events: number; readonly since: Date | undefined } = { events: 0, since: undefined };
  #currentAt: number;
  #retryMs = RETRY_MS.first;
  #recovery: NodeJS.Timeout | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#currentAt = options.clock();
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Why it is not following; undefined if there is nothing to say. */
  get reason(): string | undefined {
    return this.#reason;
  }

  set(state: FeedState, reason?: string): void {
    this.#state = state;
    this.#reason = reason;
  }

  observe(): Observed {
    const { clock, feed, writer } = this.#options;
    const waiting = feed.waiting;
    const since = this.#inHand.since ?? waiting.since;
    const following = this.#state === 'following' || this.#state === 'standby';
    const behindSince = since?.getTime() ?? (following ? clock() : this.#currentAt);
    return {
      state: this.#state,
      lagEvents: this.#inHand.events + waiting.events,
      lagSeconds: Math.max(0, clock() - behindSince) / 1_000,
      parkedUsers: writer.parkedUsers,
    };
  }

  /** Works until the signal aborts, then finishes the batch that is being written. @throws FeedStop, and whatever is lost */
  async work(signal: AbortSignal): Promise<void> {
    const { caches, writer } = this.#options;
    let beat: NodeJS.Timeout | undefined;
    try {
      // What Redis holds may have been written by another one since.
      caches.forget();
      await writer.load();
      // Also while the source is away: as long as nobody else writes, the query nodes may trust what they have.
      beat = setInterval(() => caches.heartbeat(writer.checkpoint.position), HEARTBEAT_MS);
      while (!signal.aborted) await this.#followOnce(signal);
    } finally {
      clearInterval(beat);
      clearTimeout(this.#recovery);
    }
  }

  /** Waits after what {@link work} threw, shorter for what passes by itself. */
  async pauseAfter(error: unknown, signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    clearTimeout(this.#recovery);
    const message = error instanceof Error ? error.message : String(error);
    if (passes(error)) {
      if (this.#state !== 'waiting') logger.warn({ err: error }, 'feed_waiting');
      // A stop stays one until it is over.
      if (this.#state !== 'stopped') this.set('waiting', message);
      await sleep(this.#retryMs, signal);
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most);
      return;
    }
    if (error instanceof FeedNotOwned) {
      if (this.#reason !== message) logger.warn({ err: error }, 'feed_not_owned');
      this.set('standby', message);
      return sleep(STOP_RETRY_MS, signal);
    }
    const wayOut = error instanceof FeedStop ? error.wayOut : undefined;
    const reason = wayOut ? `${message}; ${wayOut}` : message;
    if (this.#reason !== reason) logger.error({ err: error, way_out: wayOut }, 'feed_stopped');
    this.set('stopped', reason);
    await sleep(STOP_RETRY_MS, signal);
  }

  /** One connection to the source. Ends when it is lost or the checkpoint was moved; throws anything else. */
  async #followOnce(signal: AbortSignal): Promise<void> {
    const { caches, writer, logger } = this.#options;
    try {
      await follow({
        ...this.#options,
        signal,
        started: () => this.#started(),
        inHand: (events, since) => this.#takeInHand(events, since),
        written: () => this.#following(),
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CheckpointMoved) {
        logger.warn('checkpoint_moved');
        caches.forget();
        await writer.load();
      } else if (isSourceUnavailable(error)) await this.pauseAfter(error, signal);
      else throw error;
    }
  }

  #started(): void {
    this.#retryMs = RETRY_MS.first;
    // What stopped it may be about to come again: until then it is not called ready.
    if (this.#state !== 'stopped') this.#following();
    else this.#recovery = setTimeout(() => this.#following(), RECOVERY_MS);
  }

  #following(): void {
    if (this.#state === 'following') return;
    this.set('following');
    this.#options.logger.info('following');
  }

  #takeInHand(events: number, since: Date | undefined): void {
    this.#inHand = { events, since };
    if (events === 0) this.#currentAt = this.#options.clock();
  }
}

const isSourceUnavailable = (error: unknown): boolean =>
  error instanceof EventStoreUnavailable || isKafkaUnavailable(error);

const passes = (error: unknown): boolean =>
  isSourceUnavailable(error) ||
  error instanceof VaultUnavailable ||
  error instanceof CheckpointMoved ||
  isTransient(error) ||
  isPostgresUnavailable(error);

/** Ends early, without error, when the signal aborts. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
