import { setTimeout as delay } from 'node:timers/promises';
import { isPostgresUnavailable } from '../../shared/adapters/postgres/pool.ts';
import { EventStoreUnavailable } from '../../shared/event-log-errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { VaultUnavailable } from '../../shared/vault/errors.ts';
import { CheckpointMoved, FeedStop } from '../errors.ts';
import type { FeedState } from '../metrics.ts';
import { isTransient } from '../write/faults.ts';

const RETRY_MS = { first: 50, most: 1_000 };
/** After a stop everything is tried from the start again, in case somebody has put it right. */
const STOP_RETRY_MS = 5_000;

/** What is being done and, where that is nothing, why; and how long to wait before it is tried again. */
export class FeedStatus {
  readonly #logger: Logger;
  #state: FeedState = 'waiting';
  #reason: string | undefined;
  #retryMs = RETRY_MS.first;

  constructor(logger: Logger) {
    this.#logger = logger;
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

  /** Events come: whatever was lost is there again. */
  connected(): void {
    this.#retryMs = RETRY_MS.first;
  }

  /** Waits after an error, until the signal aborts at most; shortly after what passes by itself. */
  async pauseAfter(error: unknown, signal: AbortSignal): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    if (passes(error)) {
      if (this.#state !== 'waiting') this.#logger.warn({ err: error }, 'feed_waiting');
      // A stop stays one until it is over.
      if (this.#state !== 'stopped') this.set('waiting', message);
      await sleep(this.#retryMs, signal);
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most);
      return;
    }
    const wayOut = error instanceof FeedStop ? error.wayOut : undefined;
    const reason = wayOut ? `${message}; ${wayOut}` : message;
    if (this.#reason !== reason) this.#logger.error({ err: error, way_out: wayOut }, 'feed_stopped');
    this.set('stopped', reason);
    await sleep(STOP_RETRY_MS, signal);
  }
}

const passes = (error: unknown): boolean =>
  error instanceof EventStoreUnavailable ||
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
