import path from 'node:path';
import { migrate, pendingMigrations, readMigrations } from '../../shared/adapters/postgres/migrate.ts';
import type { Pool, Queryable } from '../../shared/adapters/postgres/pool.ts';
import { READ_MODEL_SCHEMA } from '../../shared/read-model/rows.ts';
import type { HistorySchemas } from '../history/upkeep/schemas.ts';
import { NOTIFICATIONS_SCHEMA } from '../notifier/checkpoint.ts';
import { RELAY_SCHEMA } from '../relay/checkpoint.ts';

const folder = (set: string) => path.resolve(import.meta.dirname, 'migrations', set);

/** Files of this kind hold only indexes that no other migration needs: a rebuild makes them after loading. */
const isIndexFile = (name: string) => name.endsWith('_indexes.sql');

export const readModelMigrations = () => readMigrations(folder('read_model'));
const usageMigrations = () => readMigrations(folder('usage'));
const vaultMigrations = () => readMigrations(folder('vault'));
const writeSideMigrations = () => readMigrations(folder('write_side'));
const relayMigrations = () => readMigrations(folder('relay'));
const notifierMigrations = () => readMigrations(folder('notifications'));
const historyMigrations = () => readMigrations(folder('history'));

export interface MigratedSet {
  readonly schema: string;
  readonly applied: readonly string[];
}

/**
 * Brings every schema up to this build: the read models, usage, the relay's checkpoints and what the notifier has to
 * send in one database, the vault and the write side's snapshots where the vault is kept.
 * @throws MigrationMismatch
 */
export async function migrateAll(pools: {
  readonly database: Pool;
  readonly vault: Pool;
}): Promise<MigratedSet[]> {
  const sets = [
    { pool: pools.vault, schema: 'vault', migrations: await vaultMigrations() },
    { pool: pools.vault, schema: 'write_side', migrations: await writeSideMigrations() },
    { pool: pools.database, schema: READ_MODEL_SCHEMA, migrations: await readModelMigrations() },
    { pool: pools.database, schema: 'usage', migrations: await usageMigrations() },
    { pool: pools.database, schema: RELAY_SCHEMA, migrations: await relayMigrations() },
    { pool: pools.database, schema: NOTIFICATIONS_SCHEMA, migrations: await notifierMigrations() },
  ];
  const results: MigratedSet[] = [];
  for (const set of sets) results.push({ schema: set.schema, applied: await migrate(set) });
  return results;
}

/** What the projector's own schemas still lack, as `schema/file`; empty when it can work. */
export async function missingMigrations(database: Queryable): Promise<string[]> {
  const sets = [
    { pool: database, schema: READ_MODEL_SCHEMA, migrations: await readModelMigrations() },
    { pool: database, schema: 'usage', migrations: await usageMigrations() },
  ];
  const missing: string[] = [];
  for (const set of sets) {
    for (const name of await pendingMigrations(set)) missing.push(`${set.schema}/${name}`);
  }
  return missing;
}

/** The same of what the relay keeps. */
export async function missingRelayMigrations(database: Queryable): Promise<string[]> {
  const schema = RELAY_SCHEMA;
  const missing = await pendingMigrations({ pool: database, schema, migrations: await relayMigrations() });
  return missing.map((name) => `${schema}/${name}`);
}

/** The same of what the notifier keeps. */
export async function missingNotifierMigrations(database: Queryable): Promise<string[]> {
  const schema = NOTIFICATIONS_SCHEMA;
  const missing = await pendingMigrations({ pool: database, schema, migrations: await notifierMigrations() });
  return missing.map((name) => `${schema}/${name}`);
}

/** Makes the read models' tables in a schema of another name; with `bare` without the indexes that can wait. */
export async function migrateReadModel(pool: Pool, schema: string, bare: boolean): Promise<void> {
  const migrations = await readModelMigrations();
  await migrate({
    pool,
    schema,
    migrations,
    ...(bare ? { only: (name: string) => !isIndexFile(name) } : {}),
  });
}

/**
 * Brings the schemas of the history tables up to this build; with `bare` without the indexes that can wait.
 * @throws MigrationMismatch
 */
export async function migrateHistory(
  pool: Pool,
  { fold, history }: HistorySchemas,
  bare: boolean,
): Promise<void> {
  await migrateReadModel(pool, fold, bare);
  const only = bare ? { only: (name: string) => !isIndexFile(name) } : {};
  await migrate({ pool, schema: history, migrations: await historyMigrations(), ...only });
}

/** The version of the history tables in this build. */
export const historyVersion = async (): Promise<number> => (await historyMigrations()).length;

/** What the schemas of the history tables still lack, as `schema/file`. @throws MigrationMismatch */
export async function missingHistoryMigrations(
  pool: Queryable,
  { fold, history }: HistorySchemas,
): Promise<string[]> {
  const sets = [
    { pool, schema: fold, migrations: await readModelMigrations() },
    { pool, schema: history, migrations: await historyMigrations() },
  ];
  const missing: string[] = [];
  for (const set of sets) {
    for (const name of await pendingMigrations(set)) missing.push(`${set.schema}/${name}`);
  }
  return missing;
}

/** Whether the history tables are not there yet, or their first build has not been finished: it makes the indexes last. */
export async function isHistoryBare(pool: Queryable, { history }: HistorySchemas): Promise<boolean> {
  const migrations = await historyMigrations();
  const indexes = migrations.find(({ name }) => isIndexFile(name));
  const pending = await pendingMigrations({ pool, schema: history, migrations });
  return indexes !== undefined && pending.includes(indexes.name);
}
