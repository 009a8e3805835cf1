import {
  ADVISORY_LOCKS,
  endAdvisoryLock,
  tryAdvisoryLock,
} from '../../shared/adapters/postgres/advisory-locks.ts';
import { createPool, type Pool } from '../../shared/adapters/postgres/pool.ts';
import { READ_MODEL_SCHEMA } from '../../shared/read-model/rows.ts';
import type { AppliedEvent } from '../feeds/feed.ts';
import { buildUntil } from '../rebuild/build.ts';
import { hasCheckpoints } from '../rebuild/switch.ts';
import { migrateReadModel } from '../schemas/migrate.ts';
import { makePartitions, SUBSCRIPTIONS, yearsAround } from '../schemas/partitions.ts';
import { forgetAllErased } from '../write/projections/erased.ts';
import { ReadModelWriter, writerSettings } from '../write/read-model-writer.ts';
import { claimSchema } from './claim.ts';
import { Cuts } from './cuts.ts';
import { AsOfRefused } from './errors.ts';
import { feedUntil } from './feed.ts';
import { type Marker, markComplete, readMarker } from './marker.ts';
import type { AsOfOptions, AsOfResult } from './options.ts';

const STATEMENT_TIMEOUT_MS = 3_600_000;
const TABLES = [
  'users',
  'subscriptions',
  'licenses',
  'license_keys',
  'staff',
  'activations_by_day',
  'parked_events',
];

/** The steps of building one schema. */
class AsOfBuild {
  readonly #options: AsOfOptions;
  /** With the default search path. */
  readonly #pool: Pool;
  /** With the schema as its search path. */
  readonly #own: Pool;
  readonly #writer: ReadModelWriter;
  #applied = 0;
  #seconds = 0;

  constructor(options: AsOfOptions) {
    this.#options = options;
    const { connectionString, logger, schema } = options;
    const common = { connectionString, applicationName: 'replay', logger };
    const timeouts = { statementTimeoutMs: STATEMENT_TIMEOUT_MS, max: 3 };
    this.#pool = createPool({ ...common, ...timeouts });
    this.#own = createPool({ ...common, ...timeouts, settings: writerSettings(schema) });
    this.#writer = new ReadModelWriter({ pool: this.#own, erase: async () => {} }, options.decoder);
  }

  async run(): Promise<AsOfResult> {
    const unlock = await this.#lock();
    try {
      const marker = await claimSchema(this.#pool, this.#options);
      if (!marker.completed) await this.#build(marker);
      return await this.#result(marker);
    } finally {
      await unlock();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.end(), this.#own.end()]);
  }

  /** One at a time for each schema. The lock goes with its connection. */
  async #lock(): Promise<() => Promise<void>> {
    const client = await this.#pool.connect();
    const { schema } = this.#options;
    const lock = ADVISORY_LOCKS.asOf(schema);
    if (!(await tryAdvisoryLock(client, lock))) {
      client.release();
      throw new AsOfRefused('replay_running', `schema ${schema} is being built by another process`);
    }
    return () => endAdvisoryLock(client, lock);
  }

  async #build(marker: Marker): Promise<void> {
    const { feed, signal } = this.#options;
    const cuts = new Cuts(this.#own, marker.asOf);
    await this.#makeTables();
    await cuts.prepare();
    await this.#writer.load();
    await feed.verify(this.#writer.checkpoint.last);
    const from = performance.now();
    await this.#apply(marker, cuts, await feed.end());
    this.#seconds = (performance.now() - from) / 1_000;
    signal.throwIfAborted();
    await this.#finish(cuts, marker);
  }

  async #makeTables(): Promise<void> {
    const { schema, clock } = this.#options;
    await migrateReadModel(this.#pool, schema, true);
    if (await hasCheckpoints(this.#pool, READ_MODEL_SCHEMA)) {
      // What operators skipped is left out here too, as in a rebuild.
      const columns = 'event_id, user_id, revision, type, cause, created_at';
      await this.#pool.query(
        `INSERT INTO ${schema}.skipped_events (${columns})
         SELECT ${columns} FROM ${READ_MODEL_SCHEMA}.skipped_events ON CONFLICT DO NOTHING`,
      );
    }
    await makePartitions(this.#pool, SUBSCRIPTIONS(schema), yearsAround(clock()));
  }

  async #apply({ asOf }: Marker, cuts: Cuts, end: AppliedEvent | undefined): Promise<void> {
    if (!end) return;
    const { feed, signal, progress } = this.#options;
    const until = Math.min(asOf, end.at.getTime());
    let first: number | undefined;
    let latest = 0;
    const reached = (at: number) => {
      first ??= at;
      latest = at;
    };
    await buildUntil(feedUntil(feed, { asOf, cuts, signal, reached }), this.#writer, end, (events) => {
      this.#applied += events;
      const whole = until - (first ?? until);
      const fraction = whole > 0 ? Math.min(1, (latest - (first ?? latest)) / whole) : 1;
      progress({ phase: 'building', events: this.#applied, fraction });
    });
  }

  /** What is faster after the load than during it; then the schema says that it is complete. */
  async #finish(cuts: Cuts, marker: Marker): Promise<void> {
    const { schema, progress, clock } = this.#options;
    progress({ phase: 'indexing', events: this.#applied, fraction: 1 });
    await makePartitions(this.#pool, SUBSCRIPTIONS(schema), []);
    await migrateReadModel(this.#pool, schema, false);
    await forgetAllErased(this.#own);
    await cuts.drop();
    for (const table of TABLES) await this.#pool.query(`ANALYZE ${schema}.${table}`);
    await markComplete(this.#pool, schema, marker, clock());
  }

  async #result({ asOf, completed }: Marker): Promise<AsOfResult> {
    const { schema } = this.#options;
    const rows: Record<string, number> = {};
    for (const table of TABLES) {
      const counted = await this.#pool.query(`SELECT count(*)::float8 AS n FROM ${schema}.${table}`);
      rows[table] = counted.rows[0].n;
    }
    const { events = 0, position = null } = (await readMarker(this.#pool, schema)) ?? {};
    const done = { applied: this.#applied, seconds: this.#seconds };
    return { asOf, built: !completed, events, position, rows, ...done };
  }
}

/**
 * Builds the read models as of a time into a schema of their own beside the live ones, from the event log alone:
 * exactly the events whose time is at or before it. Interrupted, it goes on with the next call for the same.
 * @throws AsOfRefused, FeedStop, EventStoreUnavailable, VaultUnavailable, the signal's reason, or an error of PostgreSQL
 */
export async function buildAsOf(options: AsOfOptions): Promise<AsOfResult> {
  const build = new AsOfBuild(options);
  try {
    return await build.run();
  } finally {
    await build.close();
  }
}
