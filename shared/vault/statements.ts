import { isPostgresUnavailable, type Queryable } from '../adapters/postgres/pool.ts';
import { VaultUnavailable } from './errors.ts';

/** Nothing is returned if another inserted first; the other's row is then read with `selectDataKeys`. */
const INSERT_DATA_KEY = `
  INSERT INTO vault.data_keys (user_id, wrapped_key, created_at) VALUES ($1, $2, now())
  ON CONFLICT (user_id) DO NOTHING RETURNING user_id`;

const SELECT_DATA_KEYS = `
  SELECT user_id, wrapped_key FROM vault.data_keys WHERE user_id = ANY ($1::uuid[])`;

/** Also for users without a row: a restored vault may be older than they are. Ordered, so that two can't deadlock. */
const TOMBSTONES = `
  INSERT INTO vault.data_keys AS existing (user_id, wrapped_key, created_at, erased_at)
  SELECT DISTINCT id, NULL::bytea, now(), now() FROM unnest($1::uuid[]) AS id ORDER BY id
  ON CONFLICT (user_id) DO UPDATE SET wrapped_key = NULL, erased_at = now() WHERE existing.erased_at IS NULL`;

const INSERT_DIGEST_KEY = `
  INSERT INTO vault.digest_keys (name, wrapped_key, created_at) VALUES ($1, $2, now())
  ON CONFLICT (name) DO NOTHING`;

const SELECT_DIGEST_KEY = `SELECT wrapped_key FROM vault.digest_keys WHERE name = $1`;

export interface DataKeyRow {
  readonly user_id: string;
  readonly wrapped_key: Buffer | null;
}

async function run<R extends object>(db: Queryable, sql: string, values: unknown[]) {
  try {
    return await db.query<R>(sql, values);
  } catch (error) {
    throw isPostgresUnavailable(error) ? new VaultUnavailable({ cause: error }) : error;
  }
}

/** @returns whether this call inserted the row */
export async function insertDataKey(db: Queryable, userId: string, wrapped: Buffer): Promise<boolean> {
  return (await run(db, INSERT_DATA_KEY, [userId, wrapped])).rowCount === 1;
}

export async function selectDataKeys(db: Queryable, userIds: readonly string[]): Promise<DataKeyRow[]> {
  return (await run<DataKeyRow>(db, SELECT_DATA_KEYS, [userIds])).rows;
}

/** @returns how many were not tombstones before */
export async function insertTombstones(db: Queryable, userIds: readonly string[]): Promise<number> {
  return (await run(db, TOMBSTONES, [userIds])).rowCount ?? 0;
}

export async function insertDigestKey(db: Queryable, name: string, wrapped: Buffer): Promise<void> {
  await run(db, INSERT_DIGEST_KEY, [name, wrapped]);
}

export async function selectDigestKey(db: Queryable, name: string): Promise<Buffer | undefined> {
  return (await run<{ wrapped_key: Buffer }>(db, SELECT_DIGEST_KEY, [name])).rows[0]?.wrapped_key;
}
