import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { duckdbMacros, installMetrics } from '../../../projector/history/metrics.ts';
import { migrate, readMigrations } from '../../../shared/adapters/postgres/migrate.ts';
import { createPool, inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { askDuckdb } from '../../support/analysis/duckdb.ts';
import { createDatabase } from '../../support/servers/databases.ts';

const TABLES = ['subscription_states', 'license_states', 'customers', 'machines_by_day'] as const;
export type Table = (typeof TABLES)[number];
export type Row = Readonly<Record<string, unknown>>;

const migrations = path.resolve(import.meta.dirname, '../../../projector/schemas/migrations/history');

export interface HistoryTables extends AsyncDisposable {
  readonly url: string;
  readonly pool: Pool;
}

/** A database with empty history tables and the metrics. Its sessions are in a time zone far from UTC. */
export async function createHistoryTables(): Promise<HistoryTables> {
  await using held = new AsyncDisposableStack();
  const database = held.use(await createDatabase());
  const pool = createPool({
    connectionString: database.url,
    applicationName: 'test',
    max: 2,
    settings: { TimeZone: 'Pacific/Auckland' },
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  held.defer(() => pool.end());
  await migrate({ pool, schema: 'history', migrations: await readMigrations(migrations) });
  await inTransaction(pool, (client) => installMetrics(client, 'history'));
  const kept = held.move();
  return { url: database.url, pool, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** What a row has unless it is said otherwise. */
const USUAL: Readonly<Record<Exclude<Table, 'machines_by_day'>, Row>> = {
  subscription_states: {
    product: 'app',
    plan_type: 'pro',
    quantity: 1,
    places: 10,
    trial: false,
    status: 'active',
    suspended: false,
    cancelled: false,
    customer_erased: false,
    price: 1000,
    price_months: 1,
    currency: 'EUR',
    mrr: 1000,
    mrr_before: 0,
    grace_days: 7,
  },
  license_states: { product: 'app', status: 'active', customer_erased: false },
  customers: { status: 'active', origin: 'signed_up' },
};

const CAUSE = { actor_role: 'staff', cause_type: 'SubscriptionStarted', cause_commit: 1, cause_prepare: 1 };

export async function insert(pool: Pool, table: Table, rows: readonly Row[]): Promise<void> {
  const usual =
    table === 'machines_by_day'
      ? {}
      : { ...CAUSE, valid_to: 'infinity', known_to: 'infinity', ...USUAL[table] };
  const whole = rows.map((row) => ({ ...usual, ...row }));
  await pool.query(
    `INSERT INTO history.${table} SELECT * FROM json_populate_recordset(NULL::history.${table}, $1)`,
    [JSON.stringify(whole)],
  );
}

/** Asks PostgreSQL. Tables and functions are named without their schema, as in DuckDB. */
export async function askPostgres(pool: Pool, question: string): Promise<Record<string, unknown>[]> {
  return inTransaction(pool, async (client) => {
    await client.query('SET LOCAL search_path = history');
    const { rows } = await client.query(
      `SELECT coalesce(json_agg(answer), '[]') AS rows FROM (${question}) AS answer`,
    );
    return rows[0].rows;
  });
}

/** Asks a DuckDB that has the same tables and the metrics' macros. */
export async function askDuckdbOf(pool: Pool, questions: readonly string[]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'history-tables-'));
  try {
    const tables = await Promise.all(TABLES.map((table) => copied(pool, table, folder)));
    return await askDuckdb([...tables, ...duckdbMacros().split(/(?<=;)\n/)], questions);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes a table to a file, and says how DuckDB makes it again. */
async function copied(pool: Pool, table: Table, folder: string): Promise<string> {
  const { rows: columns } = await pool.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [`history.${table}`],
  );
  const { rows } = await pool.query(`SELECT row_to_json(t)::text AS line FROM history.${table} t`);
  const file = path.join(folder, `${randomUUID()}.ndjson`);
  writeFileSync(file, rows.map(({ line }) => `${line}\n`).join(''));
  const casts = columns.map(({ name, type }) => `CAST(${name} AS ${type}) AS ${name}`).join(', ');
  const names = columns.map(({ name }) => `${name}: 'VARCHAR'`).join(', ');
  return `CREATE TABLE ${table} AS SELECT ${casts} FROM read_json('${file}', format = 'newline_delimited', columns = {${names}})`;
}
