import type { AdvisoryLock } from '../../shared/adapters/postgres/advisory-locks.ts';
import { lead } from '../../shared/adapters/postgres/leadership.ts';
import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import { CheckpointMoved } from '../errors.ts';
import { waitForSchema } from './schema.ts';
import { Status, type StatusOptions } from './status.ts';

/** One connection to the log, from the checkpoint on. What is reported here is what metrics and health say. */
export interface Session {
  /** Aborted when the work has to end: what is under way is finished, nothing else is begun. */
  readonly signal: AbortSignal;
  /** The log holds the checkpoint's event, and events are on their way. */
  started(): void;
  /** Events were taken from the feed. @param since the log's time of the first of them */
  taken(events: number, since: Date | undefined): void;
  /** So many of them are written, with the checkpoint after them; the oldest first. */
  written(events: number): void;
}

/** What one consumer does with the events of the log. Everything else is the same for all. */
export interface Work {
  /** Reads the checkpoint: when this process begins to lead, and after the checkpoint was moved by another one. */
  prepare?(): Promise<void>;
  /**
   * Follows the log from the checkpoint until the session's signal aborts. Returns or throws when nothing is under way
   * any more.
   * @throws FeedStop where somebody has to act; Fenced, CheckpointMoved where another process writes
   */
  follow(session: Session): Promise<void>;
  /** This process leads and PostgreSQL has just confirmed it: each second, whether events come or not. */
  confirmed?(): void;
}

export interface ConsumerOptions extends StatusOptions {
  readonly pool: Pool;
  /** Held by the one process that leads. */
  readonly lock: AdvisoryLock;
  /** What the database's schemas still lack; the consumer waits until that is nothing. */
  readonly missingMigrations: () => Promise<readonly string[]>;
  readonly work: Work;
}

/**
 * Keeps a consumer of the log at work: waits for the schema, for its turn to lead and for the event store, follows the
 * log, and starts over when one of them was lost. An error that needs a person is a stop: it is not ready, says why and
 * what to do, and tries again every few seconds.
 */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly status: Status;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  /** Whether the checkpoint has been read in this turn to lead. */
  #prepared = false;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.status = new Status(options);
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Finishes what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Whether this process leads, and its source answers. */
  get following(): boolean {
    return this.status.state === 'following';
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { missingMigrations } = this.#options;
    while (!signal.aborted) {
      try {
        await waitForSchema(missingMigrations, (missing) => this.status.lacks(missing), signal);
        await this.#lead(signal);
      } catch (error) {
        if (!signal.aborted) await this.status.failed(error, signal);
      }
    }
  }

  /** Leads until the signal aborts or the lock is lost. Throws what a standby may be better at. */
  async #lead(signal: AbortSignal): Promise<void> {
    const { pool, lock, work, logger } = this.#options;
    const leadership = await lead(pool, lock, signal, {
      standby: () => this.status.standby(),
      confirmed: () => this.#prepared && work.confirmed?.(),
    });
    const leading = AbortSignal.any([signal, leadership.lost]);
    try {
      await this.#prepare();
      while (!leading.aborted) await this.#followOnce(leading);
    } finally {
      this.#prepared = false;
      leadership.release();
    }
    if (!signal.aborted) logger.warn('leadership_lost');
  }

  async #prepare(): Promise<void> {
    const { work } = this.#options;
    await work.prepare?.();
    this.#prepared = true;
    work.confirmed?.();
  }

  /** One session. Ends when the connection was lost or the checkpoint was moved; throws anything else. */
  async #followOnce(leading: AbortSignal): Promise<void> {
    const { work, logger } = this.#options;
    const { status } = this;
    const failure = await work
      .follow({
        signal: leading,
        started: () => status.started(),
        taken: (events, since) => status.taken(events, since),
        written: (events) => status.written(events),
      })
      .then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
    status.ended();
    // What becomes of one that has lost the lock is said by whoever has it now.
    if (!failure || leading.aborted) return;
    const { error } = failure;
    const moved = error instanceof CheckpointMoved;
    if (moved) {
      this.#prepared = false;
      logger.warn('checkpoint_moved');
    } else if (!status.isConnectionLost(error)) throw error;
    await status.failed(error, leading);
    if (moved && !leading.aborted) await this.#prepare();
  }
}
