import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ADVISORY_LOCKS, takeAdvisoryLockInTransaction } from './advisory-locks.ts';
import { inTransaction, type Pool, type PoolClient, type Queryable } from './pool.ts';

/** A numbered SQL file: `0001_users.sql`. Its statements name no schema: the search path is set for it. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly checksum: string;
}

export interface MigrationTarget {
  readonly pool: Pool;
  /** Created if it is not there. */
  readonly schema: string;
  readonly migrations: readonly Migration[];
  /** Leaves the others for a later call; default all of them. */
  readonly only?: (name: string) => boolean;
}

/** What stands in the database is not what the files say; nothing was changed. */
export class MigrationMismatch extends Error {
  readonly code = 'migration_mismatch';
  constructor(schema: string, problem: string) {
    super(`schema ${schema}: ${problem}`);
    this.name = 'MigrationMismatch';
  }
}

const FILE = /^\d{4}_[a-z0-9_]+\.sql$/;
const SCHEMA = /^[a-z][a-z0-9_]{0,62}$/;

/** The folder's migrations, in order. @throws Error two with one number, or a file that is not named like one */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).sort();
  const wrong = names.find((name, i) => !FILE.test(name) || name.slice(0, 4) === names[i - 1]?.slice(0, 4));
  if (wrong)
    throw new Error(`${path.join(folder, wrong)} is not named like a migration, or its number is taken`);
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(path.join(folder, name), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Runs the migrations that the schema has not seen, in order, each in one transaction; several processes may do this
 * at once. Answers the names of those that this call applied.
 * @throws MigrationMismatch an applied file was edited or removed
 */
export async function migrate({ pool, schema, migrations, only }: MigrationTarget): Promise<string[]> {
  if (!SCHEMA.test(schema)) throw new Error(`${schema} is no name for a schema`);
  await inMigration(pool, schema, async (client) => {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await client.query(
      'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL)',
    );
  });
  const applied: string[] = [];
  for (const migration of migrations) {
    if (only && !only(migration.name)) continue;
    await inMigration(pool, schema, async (client) => {
      const done = await checkApplied(client, schema, migrations);
      if (done.has(migration.name)) return;
      await client.query(migration.sql);
      await client.query('INSERT INTO migrations (name, checksum, applied_at) VALUES ($1, $2, now())', [
        migration.name,
        migration.checksum,
      ]);
      applied.push(migration.name);
    });
  }
  return applied;
}

/**
 * The names of migrations that the schema still lacks; all of them if there is no such schema.
 * @throws MigrationMismatch as {@link migrate} does
 */
export async function pendingMigrations(target: {
  readonly pool: Queryable;
  readonly schema: string;
  readonly migrations: readonly Migration[];
}): Promise<string[]> {
  const { pool, schema, migrations } = target;
  const { rows } = await pool.query('SELECT to_regclass($1) IS NOT NULL AS there', [`${schema}.migrations`]);
  if (!rows[0].there) return migrations.map(({ name }) => name);
  const done = await checkApplied(pool, schema, migrations);
  return migrations.map(({ name }) => name).filter((name) => !done.has(name));
}

function inMigration(pool: Pool, schema: string, work: (client: PoolClient) => Promise<void>) {
  return inTransaction(pool, async (client) => {
    // Bulk changes of a large table take longer than a service's statements may.
    await client.query("SET LOCAL statement_timeout = '1h'");
    await takeAdvisoryLockInTransaction(client, ADVISORY_LOCKS.migrations);
    await client.query(`SET LOCAL search_path = ${schema}`);
    await work(client);
  });
}

async function checkApplied(db: Queryable, schema: string, migrations: readonly Migration[]) {
  const { rows } = await db.query<{ name: string; checksum: string }>(
    `SELECT name, checksum FROM ${schema}.migrations ORDER BY name`,
  );
  const known = new Map(migrations.map(({ name, checksum }) => [name, checksum]));
  for (const { name, checksum } of rows) {
    const expected = known.get(name);
    // A newer build's migration: it only added to what this one knows, or it could not run beside it.
    if (expected === undefined && name > (migrations.at(-1)?.name ?? '')) continue;
    if (expected === undefined)
      throw new MigrationMismatch(schema, `${name} was applied, but its file is gone`);
    if (expected !== checksum) throw new MigrationMismatch(schema, `${name} was edited after it was applied`);
  }
  return new Set(rows.map(({ name }) => name));
}
