import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreUnavailable } from '../shared/adapters/eventstoredb/errors.ts';
import { isPostgresUnavailable, type Pool } from '../shared/adapters/postgres/pool.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { HEARTBEAT_MS } from '../shared/read-model/notices.ts';
import { VaultUnavailable } from '../shared/vault/errors.ts';
import type { Caches } from './caches.ts';
import { CheckpointMoved, FeedStop } from './errors.ts';
import type { Feed } from './feeds/feed.ts';
import { follow } from './follow.ts';
import { lead } from './leadership.ts';
import type { FeedState, Observed, ProjectorMetrics } from './metrics.ts';
import type { ReadModelWriter } from './read-model-writer.ts';

export interface RunnerOptions {
  readonly pool: Pool;
  readonly feed: Feed;
  readonly writer: ReadModelWriter;
  readonly caches: Caches;
  /** Most events of a transaction, roughly. */
  readonly maxBatch: number;
  /** What the database's schemas still lack; the feed waits until that is nothing. */
  readonly missingMigrations: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ProjectorMetrics;
}

const SCHEMA_POLL_MS = 1_000;
const RETRY_MS = { first: 50, most: 1_000 };
/** After a stop everything is tried from the start again, in case somebody has put it right. */
const STOP_RETRY_MS = 5_000;
/** Then the feed counts as running again once a batch is written, or nothing has gone wrong for this long. */
const RECOVERY_MS = 2_000;

/**
 * Keeps one projector at work: waits for the schema, for its turn and for the event store, follows the feed, and
 * starts over when one of them was lost.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #state: FeedState = 'waiting';
  #reason: string | undefined;
  #inHand: { readonly events: number; readonly since: Date | undefined } = { events: 0, since: undefined };
  #currentAt: number;
  #retryMs = RETRY_MS.first;
  #recovery: NodeJS.Timeout | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#currentAt = options.clock();
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Finishes the batch that is being written. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    clearTimeout(this.#recovery);
  }

  /** @throws Error saying why the feed does not run */
  assertRunning(): void {
    if (this.#state === 'following' || this.#state === 'standby') return;
    throw new Error(`the feed is ${this.#state}${this.#reason ? `: ${this.#reason}` : ''}`);
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

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#waitForSchema(signal);
        await this.#lead(signal);
      } catch (error) {
        if (!signal.aborted) await this.#pauseAfter(error, signal);
      }
    }
  }

  async #waitForSchema(signal: AbortSignal): Promise<void> {
    for (let said = ''; ; await delay(SCHEMA_POLL_MS, undefined, { signal })) {
      const missing = (await this.#options.missingMigrations()).join(', ');
      if (missing === '') return;
      this.#set('waiting', `the database lacks ${missing}; run: cli migrate`);
      if (missing !== said) this.#options.logger.warn({ missing, way_out: 'cli migrate' }, 'schema_missing');
      said = missing;
    }
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { pool, caches, writer, logger } = this.#options;
    const leadership = await lead(pool, signal, () => {
      this.#set('standby');
      logger.info('standby');
    });
    const leading = AbortSignal.any([signal, leadership.lost]);
    let beat: NodeJS.Timeout | undefined;
    try {
      // What Redis holds may have been written by another one since.
      caches.forget();
      await writer.load();
      // Also while the event store is away: as long as nobody else writes, the query nodes may trust what they have.
      beat = setInterval(() => caches.heartbeat(writer.checkpoint.position), HEARTBEAT_MS);
      while (!leading.aborted) await this.#followOnce(leading);
    } finally {
      clearInterval(beat);
      leadership.release();
    }
    if (!signal.aborted) logger.warn('leadership_lost');
  }

  /** One connection to the event store. Ends when it is lost or the checkpoint was moved; throws anything else. */
  async #followOnce(leading: AbortSignal): Promise<void> {
    const { caches, writer, logger } = this.#options;
    try {
      await follow({
        ...this.#options,
        signal: leading,
        started: () => this.#started(),
        inHand: (events, since) => this.#takeInHand(events, since),
        written: () => this.#following(),
      });
    } catch (error) {
      if (leading.aborted) return;
      if (error instanceof CheckpointMoved) {
        logger.warn('checkpoint_moved');
        caches.forget();
        await writer.load();
      } else if (error instanceof EventStoreUnavailable) await this.#pauseAfter(error, leading);
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
    this.#set('following');
    this.#options.logger.info('following');
  }

  #takeInHand(events: number, since: Date | undefined): void {
    this.#inHand = { events, since };
    if (events === 0) this.#currentAt = this.#options.clock();
  }

  async #pauseAfter(error: unknown, signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    clearTimeout(this.#recovery);
    const unavailable =
      error instanceof EventStoreUnavailable ||
      error instanceof VaultUnavailable ||
      error instanceof CheckpointMoved ||
      isPostgresUnavailable(error);
    const message = error instanceof Error ? error.message : String(error);
    if (unavailable) {
      if (this.#state !== 'waiting') logger.warn({ err: error }, 'feed_waiting');
      // A stop stays one until it is over.
      if (this.#state !== 'stopped') this.#set('waiting', message);
      await sleep(this.#retryMs, signal);
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most);
      return;
    }
    const wayOut = error instanceof FeedStop ? error.wayOut : undefined;
    const reason = wayOut ? `${message}; ${wayOut}` : message;
    if (this.#reason !== reason) logger.error({ err: error, way_out: wayOut }, 'feed_stopped');
    this.#set('stopped', reason);
    await sleep(STOP_RETRY_MS, signal);
  }

  #set(state: FeedState, reason?: string): void {
    this.#state = state;
    this.#reason = reason;
  }
}

/** Ends early, without error, when the signal aborts. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
