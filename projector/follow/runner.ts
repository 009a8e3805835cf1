import { setTimeout as delay } from 'node:timers/promises';
import { ADVISORY_LOCKS } from '../../shared/adapters/postgres/advisory-locks.ts';
import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { Observed } from '../metrics.ts';
import type { FeedStatus } from './feed-status.ts';
import { Follower, type FollowerOptions } from './follower.ts';
import { lead } from './leadership.ts';

export interface RunnerOptions extends FollowerOptions {
  readonly pool: Pool;
  /** What the database's schemas still lack; the feed waits until that is nothing. */
  readonly missingMigrations: () => Promise<readonly string[]>;
}

const SCHEMA_POLL_MS = 1_000;

/**
 * Keeps one projector at work: waits for the schema, for its turn and for the event store, follows
 * the feed, and starts over when one of them was lost.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #follower: Follower;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#follower = new Follower(options);
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Finishes the batches that are being written. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#options.caches.stop();
  }

  /** @throws Error saying why the feed does not run */
  assertRunning(): void {
    const { state, reason } = this.#follower.status;
    if (state === 'following' || state === 'standby') return;
    throw new Error(`the feed is ${state}${reason ? `: ${reason}` : ''}`);
  }

  observe(): Observed {
    return this.#follower.observe();
  }

  /** Whether this process is the one that looks after the tables' partitions. */
  get tends(): boolean {
    return this.#follower.status.state === 'following';
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { status } = this.#follower;
    while (!signal.aborted) {
      try {
        await waitForSchema(this.#options, status, signal);
        await this.#lead(signal);
      } catch (error) {
        if (!signal.aborted) await status.pauseAfter(error, signal);
      }
    }
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { pool, logger } = this.#options;
    const waiting = () => {
      this.#follower.status.set('standby');
      logger.info('standby');
    };
    const leadership = await lead(pool, signal, waiting, ADVISORY_LOCKS.projectors);
    try {
      await this.#follower.work(AbortSignal.any([signal, leadership.lost]));
    } finally {
      leadership.release();
    }
    if (!signal.aborted) logger.warn('leadership_lost');
  }
}

/** Says what is missing, and waits until somebody has run the migrations. */
export async function waitForSchema(
  { missingMigrations, logger }: Pick<RunnerOptions, 'missingMigrations' | 'logger'>,
  status: FeedStatus,
  signal: AbortSignal,
): Promise<void> {
  for (let said = ''; ; await delay(SCHEMA_POLL_MS, undefined, { signal })) {
    const missing = (await missingMigrations()).join(', ');
    if (missing === '') return;
    status.set('waiting', `the database lacks ${missing}; run: cli migrate`);
    if (missing !== said) logger.warn({ missing, way_out: 'cli migrate' }, 'schema_missing');
    said = missing;
  }
}
