import {
  ADVISORY_LOCKS,
  endAdvisoryLock,
  tryAdvisoryLock,
} from '../../shared/adapters/postgres/advisory-locks.ts';
import {
  createPool,
  inTransaction,
  type Pool,
  type PoolClient,
} from '../../shared/adapters/postgres/pool.ts';
import { READ_MODEL_SCHEMA } from '../../shared/read-model/rows.ts';
import { FeedStop, RebuildRefused } from '../errors.ts';
import type { AppliedEvent } from '../feeds/feed.ts';
import { migrateReadModel } from '../schemas/migrate.ts';
import { makePartitions, SUBSCRIPTIONS, yearsAround } from '../schemas/partitions.ts';
import { type Checkpoint, loadCheckpoint } from '../write/checkpoint.ts';
import { forgetAllErased, forgetErased } from '../write/projections/erased.ts';
import { ReadModelWriter, writerSettings } from '../write/read-model-writer.ts';
import { buildUntil } from './build.ts';
import { compareSchemas, type TableComparison } from './compare.ts';
import { refuseToDrop } from './dependents.ts';
import type { Progress, RebuildOptions, RebuildResult } from './options.ts';
import { exists, hasCheckpoints, parksWhatWasSkipped, switchSchemas } from './switch.ts';

const LIVE = READ_MODEL_SCHEMA;
const NEXT = 'read_model_next';
const OLD = 'read_model_old';
/** Comparisons before a difference counts: one may come from a user erased while the log was being read. */
const COMPARISONS = 3;
const STATEMENT_TIMEOUT_MS = 3_600_000;

/** The steps of a rebuild, over one connection pool for each schema. */
class Rebuild {
  readonly #options: RebuildOptions;
  /** With the default search path. */
  readonly #pool: Pool;
  readonly #nextPool: Pool;
  readonly #next: ReadModelWriter;
  #events = 0;
  #isIndexed = false;

  constructor(options: RebuildOptions) {
    this.#options = options;
    const { connectionString, logger } = options;
    const common = {
      connectionString,
      applicationName: 'rebuild',
      logger,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    };
    this.#pool = createPool({ ...common, max: 4 });
    this.#nextPool = createPool({ ...common, max: 4, settings: writerSettings(NEXT) });
    const erase = async (client: PoolClient, userIds: readonly string[]) => {
      // Before, each would read all licenses.
      if (this.#isIndexed) await forgetErased(client, userIds);
    };
    this.#next = new ReadModelWriter({ pool: this.#nextPool, erase }, options.decoder);
  }

  async run(): Promise<RebuildResult> {
    const unlock = await this.#lock();
    try {
      return await this.#rebuild();
    } finally {
      await unlock();
    }
  }

  async #rebuild(): Promise<RebuildResult> {
    const { compareOnly, force, acceptDifferences, dropDependents } = this.#options;
    const live = await this.#usableLive();
    await this.#prepare();
    // Before the work of an hour; and again at the switch, because views are made at any time.
    if (!compareOnly && !dropDependents) await refuseToDrop(this.#pool, LIVE, NEXT);
    const start = performance.now();
    await this.#buildTo(live?.last ?? (await this.#options.feed.end()));
    const seconds = (performance.now() - start) / 1_000;
    await this.#finishTables();
    const comparison = live ? await this.#compare() : undefined;
    const equal = comparison?.every((table) => table.equal) ?? true;
    const result = { events: this.#events, seconds, comparison };
    if (compareOnly) {
      await this.#pool.query(`DROP SCHEMA ${NEXT} CASCADE`);
      return { ...result, switched: false };
    }
    if (!equal && !acceptDifferences && !force) return { ...result, switched: false };
    this.#say('switching');
    await this.#switch();
    return { ...result, events: this.#events, switched: true };
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.end(), this.#nextPool.end()]);
  }

  /** One rebuild at a time. The lock goes with its connection. */
  async #lock(): Promise<() => Promise<void>> {
    const client = await this.#pool.connect();
    if (!(await tryAdvisoryLock(client, ADVISORY_LOCKS.rebuild))) {
      client.release();
      throw new RebuildRefused('rebuild_running', 'another rebuild is running');
    }
    return () => endAdvisoryLock(client, ADVISORY_LOCKS.rebuild);
  }

  /**
   * The live checkpoint; undefined if there is nothing to compare with or go on from.
   * @throws FeedStop the live read models are of another store
   */
  async #usableLive(): Promise<Checkpoint | undefined> {
    if (this.#options.force || !(await hasCheckpoints(this.#pool, LIVE))) return undefined;
    const live = await loadCheckpoint(this.#pool, LIVE);
    await this.#options.feed.verify(live.last);
    return live.last ? live : undefined;
  }

  /** Makes the tables, or goes on with those of a rebuild that was interrupted. */
  async #prepare(): Promise<void> {
    const { fresh, feed, clock } = this.#options;
    if (fresh || (await this.#isOutdated())) await this.#pool.query(`DROP SCHEMA IF EXISTS ${NEXT} CASCADE`);
    try {
      await this.#makeTables();
      await feed.verify(this.#next.checkpoint.last);
    } catch (error) {
      if (!(error instanceof FeedStop)) throw error;
      // What an earlier rebuild left is of another store.
      await this.#pool.query(`DROP SCHEMA ${NEXT} CASCADE`);
      await this.#makeTables();
    }
    await makePartitions(this.#pool, SUBSCRIPTIONS(NEXT), yearsAround(clock()));
  }

  /** What an interrupted rebuild has parked, and an operator has skipped since, would stay parked for ever. */
  async #isOutdated(): Promise<boolean> {
    if (this.#options.force) return false;
    const both = (await hasCheckpoints(this.#pool, LIVE)) && (await hasCheckpoints(this.#pool, NEXT));
    return both && parksWhatWasSkipped(this.#pool, LIVE, NEXT);
  }

  async #makeTables(): Promise<void> {
    await migrateReadModel(this.#pool, NEXT, true);
    if (!this.#options.force && (await hasCheckpoints(this.#pool, LIVE))) {
      const columns = 'event_id, user_id, revision, type, cause, created_at';
      await this.#pool.query(
        `INSERT INTO ${NEXT}.skipped_events (${columns}) SELECT ${columns} FROM ${LIVE}.skipped_events ON CONFLICT DO NOTHING`,
      );
    }
    await this.#next.load();
  }

  async #buildTo(target: AppliedEvent | undefined): Promise<void> {
    await buildUntil(this.#options.feed, this.#next, target, (events) => {
      this.#events += events;
      this.#say('building');
    });
  }

  /** What is faster after the load than during it: indexes, partitions of rare years, the planner's statistics, forgetting. */
  async #finishTables(): Promise<void> {
    this.#say('indexing');
    await makePartitions(this.#pool, SUBSCRIPTIONS(NEXT), []);
    await migrateReadModel(this.#pool, NEXT, false);
    for (const table of ['users', 'subscriptions', 'licenses', 'license_keys', 'staff'])
      await this.#pool.query(`ANALYZE ${NEXT}.${table}`);
    await forgetAllErased(this.#nextPool);
    this.#isIndexed = true;
  }

  async #compare(): Promise<TableComparison[]> {
    this.#say('comparing');
    for (let attempt = 1; ; attempt++) {
      const comparison = await inTransaction(this.#pool, async (snapshot) => {
        await snapshot.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        await this.#buildTo((await loadCheckpoint(snapshot, LIVE)).last);
        return compareSchemas(snapshot, LIVE, this.#nextPool, NEXT);
      });
      if (attempt === COMPARISONS || comparison.every((table) => table.equal)) return comparison;
    }
  }

  async #switch(): Promise<void> {
    const { force = false, keepOld, dropDependents = false } = this.#options;
    await this.#pool.query(`DROP SCHEMA IF EXISTS ${OLD} CASCADE`);
    await switchSchemas({
      pool: this.#pool,
      live: LIVE,
      next: NEXT,
      old: OLD,
      force,
      dropDependents,
      catchUp: async (live) => {
        await this.#buildTo(live.last);
        return this.#next.checkpoint;
      },
    });
    if (!keepOld && (await exists(this.#pool, OLD))) await this.#pool.query(`DROP SCHEMA ${OLD} CASCADE`);
  }

  #say(phase: Progress['phase']): void {
    this.#options.progress({ phase, events: this.#events });
  }
}

/**
 * Builds the read models again from the log in a schema beside the live ones, compares both at the same position, and
 * puts the new ones in their place. Services notice nothing. Interrupted, it goes on with the next call.
 * @throws RebuildRefused, FeedStop, EventStoreUnavailable, VaultUnavailable, or an error of PostgreSQL
 */
export async function rebuild(options: RebuildOptions): Promise<RebuildResult> {
  const rebuilding = new Rebuild(options);
  try {
    return await rebuilding.run();
  } finally {
    await rebuilding.close();
  }
}
