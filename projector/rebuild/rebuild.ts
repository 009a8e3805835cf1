import { endAdvisoryLock, tryAdvisoryLock } from '../../shared/adapters/postgres/advisory-locks.ts';
import { createPool, inTransaction, type Pool } from '../../shared/adapters/postgres/pool.ts';
import { FeedStop, RebuildRefused } from '../errors.ts';
import type { AppliedEvent } from '../feeds/feed.ts';
import { makePartitions, SUBSCRIPTIONS, yearsAround } from '../schemas/partitions.ts';
import { type Checkpoint, loadCheckpoint } from '../write/checkpoint.ts';
import { type ReadModelWriter, writerSettings } from '../write/read-model-writer.ts';
import { buildUntil } from './build.ts';
import { compareSchemas, type TableComparison } from './compare.ts';
import { refuseToDrop } from './dependents.ts';
import { loadUntil } from './load.ts';
import type { Progress, RebuildOptions, RebuildResult } from './options.ts';
import type { SchemaNames } from './rebuildable.ts';
import { hasCheckpoints, parksWhatWasSkipped, switchSchemas } from './switch.ts';

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
  readonly #schemas: readonly SchemaNames[];
  /** The names of the schema with the read models and the checkpoint. */
  readonly #models: SchemaNames;
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
    const { rebuilt } = options;
    this.#nextPool = createPool({ ...common, max: 4, settings: writerSettings(rebuilt.searchPath) });
    this.#next = rebuilt.writer(this.#nextPool, options.decoder, () => this.#isIndexed);
    this.#schemas = rebuilt.schemas;
    this.#models = rebuilt.schemas[0];
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
    if (!compareOnly && !dropDependents) await refuseToDrop(this.#pool, this.#schemas);
    const start = performance.now();
    await this.#buildTo(live?.last ?? (await this.#options.feed.end()));
    const seconds = (performance.now() - start) / 1_000;
    await this.#finishTables();
    const comparison = live ? await this.#compare() : undefined;
    const equal = comparison?.every((table) => table.equal) ?? true;
    const result = { events: this.#events, seconds, comparison };
    if (compareOnly) {
      await this.#drop('next');
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
    if (!(await tryAdvisoryLock(client, this.#options.rebuilt.lock))) {
      client.release();
      throw new RebuildRefused('rebuild_running', 'another rebuild is running');
    }
    return () => endAdvisoryLock(client, this.#options.rebuilt.lock);
  }

  /**
   * The live checkpoint; undefined if there is nothing to compare with or go on from.
   * @throws FeedStop the live read models are of another store
   */
  async #usableLive(): Promise<Checkpoint | undefined> {
    if (this.#options.force || !(await hasCheckpoints(this.#pool, this.#models.live))) return undefined;
    const live = await loadCheckpoint(this.#pool, this.#models.live);
    await this.#options.feed.verify(live.last);
    return live.last ? live : undefined;
  }

  /** Makes the tables, or goes on with those of a rebuild that was interrupted. */
  async #prepare(): Promise<void> {
    const { fresh, feed, clock } = this.#options;
    if (fresh || (await this.#isOutdated())) await this.#drop('next');
    try {
      await this.#makeTables();
      await feed.verify(this.#next.checkpoint.last);
    } catch (error) {
      if (!(error instanceof FeedStop)) throw error;
      // What an earlier rebuild left is of another store.
      await this.#drop('next');
      await this.#makeTables();
    }
    await makePartitions(this.#pool, SUBSCRIPTIONS(this.#models.next), yearsAround(clock()));
  }

  /** What an interrupted rebuild has parked, and an operator has skipped since, would stay parked for ever. */
  async #isOutdated(): Promise<boolean> {
    if (this.#options.force) return false;
    const { live, next } = this.#models;
    const both = (await hasCheckpoints(this.#pool, live)) && (await hasCheckpoints(this.#pool, next));
    return both && parksWhatWasSkipped(this.#pool, live, next);
  }

  async #makeTables(): Promise<void> {
    const { rebuilt, force } = this.#options;
    const { live, next } = this.#models;
    await rebuilt.migrate(this.#pool, true);
    if (!force && (await hasCheckpoints(this.#pool, live))) {
      const columns = 'event_id, user_id, revision, type, cause, created_at';
      await this.#pool.query(
        `INSERT INTO ${next}.skipped_events (${columns}) SELECT ${columns} FROM ${live}.skipped_events ON CONFLICT DO NOTHING`,
      );
    }
    if (!force) await rebuilt.skip?.(this.#nextPool);
    await this.#next.load();
  }

  async #buildTo(target: AppliedEvent | undefined): Promise<void> {
    const bring = this.#isIndexed ? buildUntil : loadUntil;
    await bring(this.#options.feed, this.#next, target, (events) => {
      this.#events += events;
      this.#say('building');
    });
  }

  /** What is faster after the load than during it: indexes, partitions of rare years, the planner's statistics, forgetting. */
  async #finishTables(): Promise<void> {
    this.#say('indexing');
    await makePartitions(this.#pool, SUBSCRIPTIONS(this.#models.next), []);
    const { rebuilt } = this.#options;
    await rebuilt.migrate(this.#pool, false);
    for (const [i, { next }] of this.#schemas.entries())
      for (const table of Object.keys(rebuilt.compared[i] ?? {}))
        await this.#pool.query(`ANALYZE ${next}.${table}`);
    await rebuilt.forgetErased(this.#nextPool);
    this.#isIndexed = true;
  }

  async #compare(): Promise<TableComparison[]> {
    this.#say('comparing');
    for (let attempt = 1; ; attempt++) {
      const comparison = await inTransaction(this.#pool, async (snapshot) => {
        await snapshot.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        await this.#buildTo((await loadCheckpoint(snapshot, this.#models.live)).last);
        const all: TableComparison[] = [];
        for (const [i, { live, next }] of this.#schemas.entries()) {
          const tables = this.#options.rebuilt.compared[i] ?? {};
          all.push(...(await compareSchemas(snapshot, live, this.#nextPool, next, tables)));
        }
        return all;
      });
      if (attempt === COMPARISONS || comparison.every((table) => table.equal)) return comparison;
    }
  }

  async #switch(): Promise<void> {
    const { force = false, keepOld, dropDependents = false } = this.#options;
    const { rebuilt } = this.#options;
    await this.#drop('old');
    await switchSchemas({
      pool: this.#pool,
      schemas: rebuilt.schemas,
      force,
      dropDependents,
      takeOver: (client) => rebuilt.takeOver?.(client),
      catchUp: async (live) => {
        await this.#buildTo(live.last);
        return this.#next.checkpoint;
      },
    });
    if (!keepOld) await this.#drop('old');
  }

  async #drop(which: 'next' | 'old'): Promise<void> {
    const names = this.#schemas.map((schema) => schema[which]).join(', ');
    await this.#pool.query(`DROP SCHEMA IF EXISTS ${names} CASCADE`);
  }

  #say(phase: Progress['phase']): void {
    this.#options.progress({ phase, events: this.#events });
  }
}

/**
 * Builds read models (and what is made beside them) again from the log in schemas beside the live ones, compares both at
 * the same position, and puts the new ones in their place. Services notice nothing. Interrupted, it goes on with the next call.
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
