import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import type { Clock } from '../../../shared/clock.ts';
import { formatPosition } from '../../../shared/event-log/position.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import type { LogFeed } from '../../feeds/feed.ts';
import { buildUntil } from '../../rebuild/build.ts';
import { loadUntil } from '../../rebuild/load.ts';
import { isHistoryBare, migrateHistory } from '../../schemas/migrate.ts';
import { makePartitions, SUBSCRIPTIONS, yearsAround } from '../../schemas/partitions.ts';
import type { Decoder } from '../../write/decode.ts';
import type { ReadModelWriter } from '../../write/read-model-writer.ts';
import { copyMachines } from './machines.ts';
import { makeMetrics } from './make-metrics.ts';
import { OperatorMarks, skipAhead } from './operators.ts';
import { HISTORY } from './schemas.ts';
import { forgetEverybodyErased, historyPool, historyWriter } from './writer.ts';

export interface UpdateOptions {
  /** PostgreSQL that has, or is to have, the history tables. */
  readonly connectionString: string;
  /** PostgreSQL with the live read models and usage: what operators skipped, and machines in use. */
  readonly liveConnectionString: string;
  readonly feed: LogFeed;
  readonly decoder: Decoder;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends it early, between two transactions; the next call goes on from there. */
  readonly signal: AbortSignal;
  readonly progress: (progress: UpdateProgress) => void;
  /** Called once the log was found to hold what the tables are made from. */
  readonly verified?: () => void;
}

export interface UpdateProgress {
  readonly phase: 'building' | 'indexing';
  /** Applied by this call. */
  readonly events: number;
  /** Of what there is to apply, from 0 to 1. */
  readonly fraction: number;
}

export interface UpdateResult {
  /** Events applied by this call, and the seconds that it took. */
  readonly events: number;
  readonly seconds: number;
  /** Of the last event that the tables hold; undefined where the log is empty. */
  readonly position: string | undefined;
  readonly parkedUsers: number;
  /** Events that operators skipped after these tables had them: a rebuild leaves them out. */
  readonly differing: readonly string[];
}

/** Making the indexes of a first build takes minutes. */
const STATEMENT_TIMEOUT_MS = 3_600_000;
const ANALYZED = ['users', 'subscriptions', 'licenses', 'license_keys', 'subscription_states'].concat(
  'license_states',
  'customers',
);

/** The steps of bringing the tables to the log's end. */
class Update {
  readonly #options: UpdateOptions;
  /** With the default search path. */
  readonly #pool: Pool;
  /** With the history's schemas as its search path. */
  readonly #own: Pool;
  readonly #live: Pool;
  readonly #writer: ReadModelWriter;
  #bare = false;
  #events = 0;

  constructor(options: UpdateOptions) {
    this.#options = options;
    const { connectionString, liveConnectionString, logger } = options;
    const common = { applicationName: 'history-tables', logger, statementTimeoutMs: STATEMENT_TIMEOUT_MS };
    this.#pool = createPool({ ...common, connectionString, max: 2 });
    this.#own = historyPool({ ...common, connectionString, schemas: HISTORY });
    this.#live = createPool({ ...common, connectionString: liveConnectionString, max: 2 });
    this.#writer = historyWriter(this.#own, options.decoder, () => !this.#bare);
  }

  async run(): Promise<UpdateResult> {
    const { feed, clock, signal } = this.#options;
    const start = performance.now();
    await this.#prepare();
    const differing = await skipAhead(this.#live, this.#own);
    await this.#writer.load();
    await feed.verify(this.#writer.checkpoint.last, signal);
    this.#options.verified?.();
    await this.#build();
    if (this.#bare) await this.#finish();
    await this.#settle();
    await copyMachines(this.#live, this.#pool, HISTORY.history, clock());
    const { last } = this.#writer.checkpoint;
    return {
      events: this.#events,
      seconds: (performance.now() - start) / 1_000,
      position: last && formatPosition(last.position),
      parkedUsers: this.#writer.parkedUsers,
      differing,
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.end(), this.#own.end(), this.#live.end()]);
  }

  /** Makes the tables, or brings those of an older release up to this one. */
  async #prepare(): Promise<void> {
    this.#bare = await isHistoryBare(this.#pool, HISTORY);
    await migrateHistory(this.#pool, HISTORY, this.#bare);
    if (!this.#bare) await makeMetrics(this.#pool, HISTORY.history);
    await makePartitions(this.#pool, SUBSCRIPTIONS(HISTORY.fold), yearsAround(this.#options.clock()));
  }

  /** To where the log ends now. */
  async #build(): Promise<void> {
    const { feed, signal } = this.#options;
    const end = await feed.end();
    const from = this.#writer.checkpoint.last?.at.getTime();
    let first = from;
    const bring = this.#bare ? loadUntil : buildUntil;
    await bring(
      feed,
      this.#writer,
      end,
      (events, at) => {
        this.#events += events;
        const reached = at?.getTime() ?? first ?? 0;
        first ??= reached;
        const whole = (end?.at.getTime() ?? 0) - first;
        this.#say('building', whole > 0 ? Math.min(1, (reached - first) / whole) : 1);
      },
      signal,
    );
    signal.throwIfAborted();
  }

  /** What is faster after the load than during it; and the events that have come meanwhile. */
  async #finish(): Promise<void> {
    this.#say('indexing', 1);
    await makePartitions(this.#pool, SUBSCRIPTIONS(HISTORY.fold), []);
    await forgetEverybodyErased(this.#own);
    await migrateHistory(this.#pool, HISTORY, false);
    await makeMetrics(this.#pool, HISTORY.history);
    for (const table of ANALYZED) await this.#own.query(`ANALYZE ${table}`);
    this.#bare = false;
    await this.#build();
  }

  /** What is parked, and was settled in the live read models. */
  async #settle(): Promise<void> {
    if (this.#writer.parkedUsers === 0) return;
    const { feed, clock } = this.#options;
    await new OperatorMarks(this.#live, this.#own, clock).follow();
    for await (const _ of this.#writer.settleMarked(feed)) this.#options.signal.throwIfAborted();
  }

  #say(phase: UpdateProgress['phase'], fraction: number): void {
    this.#options.progress({ phase, events: this.#events, fraction });
  }
}

/**
 * Brings the history tables to where the event log ends: makes them if they are not there, without their indexes first, or
 * brings those of an older release up to this one. Interrupted, the next call goes on from there. Only one process may do
 * this at a time: another one is found out at the checkpoint.
 * @throws FeedStop, CheckpointMoved, EventStoreUnavailable, MigrationMismatch, the signal's reason, or an error of PostgreSQL
 */
export async function updateTables(options: UpdateOptions): Promise<UpdateResult> {
  const update = new Update(options);
  try {
    return await update.run();
  } finally {
    await update.close();
  }
}
