import type { Queryable } from '../adapters/postgres/pool.ts';
import { type MasterKey, unwrapKey } from './wrapping.ts';

export interface SigningKeyId {
  readonly kind: string;
  readonly kid: string;
}

const RECORD = `
  INSERT INTO vault.signing_keys (kind, kid)
  SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`;

/** The ids of the signing keys that this system has made so far. */
export async function recordedSigningKeys(db: Queryable): Promise<SigningKeyId[]> {
  return (await db.query<SigningKeyId>('SELECT kind, kid FROM vault.signing_keys ORDER BY kind, kid', []))
    .rows;
}

export async function recordSigningKeys(db: Queryable, keys: readonly SigningKeyId[]): Promise<void> {
  await db.query(RECORD, [keys.map(({ kind }) => kind), keys.map(({ kid }) => kid)]);
}

export async function forgetSigningKeys(db: Queryable): Promise<void> {
  await db.query('DELETE FROM vault.signing_keys', []);
}

/** Does the vault hold keys already? */
export async function vaultIsUsed(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ used: boolean }>(
    'SELECT EXISTS (SELECT FROM vault.digest_keys) OR EXISTS (SELECT FROM vault.data_keys) AS used',
    [],
  );
  return rows[0]?.used === true;
}

/** @throws VaultKeyUnreadable the vault's keys were wrapped with another master key */
export async function proveMasterKey(db: Queryable, master: MasterKey): Promise<void> {
  const { rows } = await db.query<{ name: string; wrapped_key: Buffer }>(
    'SELECT name, wrapped_key FROM vault.digest_keys',
    [],
  );
  for (const { name, wrapped_key } of rows) unwrapKey(wrapped_key, master, `digest:${name}`);
}
