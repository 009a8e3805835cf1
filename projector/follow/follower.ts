import type { Clock } from '../../shared/clock.ts';
import { EventStoreUnavailable } from '../../shared/event-log-errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { HEARTBEAT_MS } from '../../shared/read-model/notices.ts';
import type { Caches } from '../caches/caches.ts';
import { CheckpointMoved } from '../errors.ts';
import type { Feed } from '../feeds/feed.ts';
import type { Observed, ProjectorMetrics } from '../metrics.ts';
import type { ReadModelWriter } from '../write/read-model-writer.ts';
import { FeedStatus } from './feed-status.ts';
import { follow } from './follow.ts';

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

/** Then the feed counts as running again once a batch is written, or nothing has gone wrong for this long. */
const RECOVERY_MS = 2_000;

/**
 * Follows the feed into the read models, starts over when something was lost, and knows how that goes. When it may
 * work is said by the runner.
 */
export class Follower {
  readonly status: FeedStatus;
  readonly #options: FollowerOptions;
  #inHand: { readonly events: number; readonly since: Date | undefined } = { events: 0, since: undefined };
  #currentAt: number;
  #recovery: NodeJS.Timeout | undefined;
  /** The checkpoint was moved, and nothing has been written since. */
  #moved = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.status = new FeedStatus(options.logger);
    this.#currentAt = options.clock();
  }

  observe(): Observed {
    const { clock, feed, writer } = this.#options;
    const { state } = this.status;
    const waiting = feed.waiting;
    const since = this.#inHand.since ?? waiting.since;
    const following = state === 'following' || state === 'standby';
    const behindSince = since?.getTime() ?? (following ? clock() : this.#currentAt);
    return {
      state,
      lagEvents: this.#inHand.events + waiting.events,
      lagSeconds: Math.max(0, clock() - behindSince) / 1_000,
      parkedUsers: writer.parkedUsers,
    };
  }

  /**
   * Works until the signal aborts, then finishes the batch that is being written.
   * @throws FeedStop, VaultUnavailable, or an error of PostgreSQL
   */
  async work(signal: AbortSignal): Promise<void> {
    const { caches, writer } = this.#options;
    let beat: NodeJS.Timeout | undefined;
    try {
      // What Redis holds may have been written by another one since.
      caches.forget();
      await writer.load();
      // Also while the event store is unreachable: as long as nobody else writes, the query nodes may trust what they have.
      beat = setInterval(() => caches.heartbeat(writer.checkpoint.position), HEARTBEAT_MS);
      while (!signal.aborted) await this.#followOnce(signal);
    } finally {
      clearInterval(beat);
      clearTimeout(this.#recovery);
    }
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
        written: () => this.#written(),
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CheckpointMoved) {
        logger.warn('checkpoint_moved');
        caches.forget();
        // Two that move it from under one another all the time would each only load, again and again.
        this.#moved = true;
        await this.status.pauseAfter(error, signal);
        await writer.load();
      } else if (error instanceof EventStoreUnavailable) {
        clearTimeout(this.#recovery);
        await this.status.pauseAfter(error, signal);
      } else throw error;
    }
  }

  #written(): void {
    this.#moved = false;
    this.status.connected();
    this.#following();
  }

  #started(): void {
    if (!this.#moved) this.status.connected();
    // What stopped it may be about to come again: until then it is not called ready.
    if (this.status.state !== 'stopped') this.#following();
    else this.#recovery = setTimeout(() => this.#following(), RECOVERY_MS);
  }

  #following(): void {
    if (this.status.state === 'following') return;
    this.status.set('following');
    this.#options.logger.info('following');
  }

  #takeInHand(events: number, since: Date | undefined): void {
    this.#inHand = { events, since };
    if (events === 0) this.#currentAt = this.#options.clock();
  }
}
