import { inTransaction, type Pool, type PoolClient } from '../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../shared/calendar.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/process/logger.ts';

/** A table partitioned by ranges of time, with a default partition for what has no range yet. */
interface Partitioned {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly unit: 'year' | 'day';
}

interface Range {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export const SUBSCRIPTIONS = (schema: string): Partitioned => ({
  schema,
  table: 'subscriptions',
  column: 'start_date',
  unit: 'year',
});
const RATE_LIMITS: Partitioned = { schema: 'usage', table: 'rate_limits', column: 'minute', unit: 'day' };

/** Years made ahead of the one that runs: start dates may lie a year ahead. */
const YEARS_AHEAD = 2;
/**
 * And years made back from it: start dates may lie ten years back. What is moved out of the default partition is moved under
 * a lock that validations wait for, and an import brings 100,000 rows of years that nobody had before.
 */
const YEARS_BACK = 10;
const DAYS_AHEAD = 7;

const pad = (value: number, digits: number) => String(value).padStart(digits, '0');

/** The range that holds an instant (ms), in UTC. */
export function rangeOf({ table, unit }: Pick<Partitioned, 'table' | 'unit'>, at: number): Range {
  const date = new Date(at);
  const year = date.getUTCFullYear();
  const start = unit === 'year' ? Date.UTC(year, 0, 1) : Math.floor(at / DAY_MS) * DAY_MS;
  const end = unit === 'year' ? Date.UTC(year + 1, 0, 1) : start + DAY_MS;
  const day = unit === 'year' ? '' : pad(date.getUTCMonth() + 1, 2) + pad(date.getUTCDate(), 2);
  return {
    name: `${table}_${pad(year, 4)}${day}`,
    from: new Date(start).toISOString(),
    to: new Date(end).toISOString(),
  };
}

/**
 * Makes the partition of a range, and moves what the default partition holds of it, under a lock that readers wait
 * for. Attaching would be content with a lock on the default partition alone, and was rejected: a reader that had
 * planned its statement over the old partitions and waited there then found the moved rows in none of them, so a
 * subscription was not there for one statement.
 */
async function addPartition(client: PoolClient, table: Partitioned, range: Range): Promise<void> {
  const parent = `${table.schema}.${table.table}`;
  const partition = `${table.schema}.${range.name}`;
  // Stored columns that are generated can't be written: the others are named.
  const { rows } = await client.query<{ columns: string }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [parent],
  );
  const columns = rows[0]?.columns ?? '';
  const within = `${table.column} >= '${range.from}' AND ${table.column} < '${range.to}'`;
  await client.query(`LOCK TABLE ${parent} IN ACCESS EXCLUSIVE MODE`);
  await client.query(
    `CREATE TABLE ${partition} (LIKE ${parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED)`,
  );
  await client.query(
    `WITH moved AS (DELETE FROM ${parent}_default WHERE ${within} RETURNING ${columns})
     INSERT INTO ${partition} (${columns}) SELECT ${columns} FROM moved`,
  );
  // With the check in place, attaching need not read the rows again.
  await client.query(`ALTER TABLE ${partition} ADD CONSTRAINT in_range CHECK (${within})`);
  await client.query(
    `ALTER TABLE ${parent} ATTACH PARTITION ${partition} FOR VALUES FROM ('${range.from}') TO ('${range.to}')`,
  );
  await client.query(`ALTER TABLE ${partition} DROP CONSTRAINT in_range`);
}

async function existing(pool: Pool, { schema, table }: Partitioned): Promise<Set<string>> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT child.relname AS name FROM pg_inherits
     JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = $1::regclass`,
    [`${schema}.${table}`],
  );
  return new Set(rows.map(({ name }) => name));
}

/** The instants in the default partition, one for each unit. */
async function waiting(pool: Pool, { schema, table, column, unit }: Partitioned): Promise<number[]> {
  const { rows } = await pool.query<{ at: Date }>(
    `SELECT DISTINCT date_trunc('${unit}', ${column}, 'UTC') AS at FROM ${schema}.${table}_default`,
  );
  return rows.map(({ at }) => at.getTime());
}

/** Makes the partitions that are missing: those ahead, and those of rows that came without one. */
export async function makePartitions(
  pool: Pool,
  table: Partitioned,
  ahead: readonly number[],
): Promise<string[]> {
  const there = await existing(pool, table);
  const wanted = new Map(
    [...ahead, ...(await waiting(pool, table))].map((at) => [rangeOf(table, at).name, at]),
  );
  const made: string[] = [];
  for (const [name, at] of wanted) {
    if (there.has(name)) continue;
    await inTransaction(pool, async (client) => {
      // Readers queue behind a lock that is waited for: rather try again with the next round.
      await client.query("SET LOCAL lock_timeout = '500ms'");
      await addPartition(client, table, rangeOf(table, at));
    });
    made.push(name);
  }
  return made;
}

/** Every year in which a subscription that is started now may start, and one more ahead. */
export function yearsAround(now: number): number[] {
  const year = new Date(now).getUTCFullYear();
  return Array.from({ length: YEARS_BACK + 1 + YEARS_AHEAD }, (_, i) =>
    Date.UTC(year - YEARS_BACK + i, 0, 1),
  );
}

const daysAhead = (now: number) => Array.from({ length: DAYS_AHEAD + 1 }, (_, i) => now + i * DAY_MS);

/** Drops the days that ended more than `retentionDays` ago. */
async function dropOldDays(pool: Pool, now: number, retentionDays: number): Promise<string[]> {
  const oldest = rangeOf(RATE_LIMITS, now - retentionDays * DAY_MS);
  const old = [...(await existing(pool, RATE_LIMITS))].filter(
    (name) => /^rate_limits_\d{8}$/.test(name) && name < oldest.name,
  );
  for (const name of old) {
    await inTransaction(pool, async (client) => {
      await client.query("SET LOCAL lock_timeout = '500ms'");
      await client.query(`DROP TABLE usage.${name}`);
    });
  }
  await pool.query('DELETE FROM usage.rate_limits_default WHERE minute < $1', [oldest.from]);
  return old;
}

export interface PartitionsOptions {
  readonly pool: Pool;
  /** The schema of the read models. */
  readonly schema: string;
  readonly retentionDays: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One round of making partitions ahead and dropping old ones. @throws an error of PostgreSQL; the next round goes on */
export async function maintainPartitions({
  pool,
  schema,
  retentionDays,
  clock,
  logger,
}: PartitionsOptions): Promise<void> {
  const now = clock();
  const made = [
    ...(await makePartitions(pool, SUBSCRIPTIONS(schema), yearsAround(now))),
    ...(await makePartitions(pool, RATE_LIMITS, daysAhead(now))),
  ];
  const dropped = await dropOldDays(pool, now, retentionDays);
  if (made.length + dropped.length > 0) logger.info({ made, dropped }, 'partitions');
}
