import { chunked } from '../../../shared/adapters/postgres/chunked.ts';
import { copyRows } from '../../../shared/adapters/postgres/copy.ts';
import type { PoolClient, Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { type LicenseKey, licenseKeyRow } from '../../../shared/read-model/fold/license-key.ts';
import type { LicenseKeyRow } from '../../../shared/read-model/rows.ts';
import type { RowsToSave } from '../batch/batch-rows.ts';

const LOAD = `
SELECT key_id, user_id, product, imported, uses, used, expires_at, revoked, created_at, updated_at
FROM license_keys WHERE key_id = ANY ($1::uuid[])`;

/** The rows of these license keys, of those that have one. */
export async function loadLicenseKeys(db: Queryable, ids: readonly string[]): Promise<LicenseKey[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<LicenseKeyRow>({ name: 'license_keys_load', text: LOAD, values: [ids] });
  return rows.map((row) => ({
    keyId: row.key_id,
    userId: row.user_id,
    product: row.product,
    imported: row.imported,
    uses: row.uses,
    used: row.used,
    expiresAt: row.expires_at?.getTime() ?? null,
    revoked: row.revoked,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  }));
}

const SAVE = `
INSERT INTO license_keys (key_id, user_id, product, imported, uses, used, expires_at, revoked, created_at, updated_at)
SELECT key_id, user_id, product, imported, uses, used, expires_at, revoked, created_at, updated_at
FROM json_to_recordset($1) AS row (key_id uuid, user_id uuid, product text, imported boolean, uses integer, used integer,
  expires_at timestamptz, revoked boolean, created_at timestamptz, updated_at timestamptz)
ON CONFLICT (key_id) DO UPDATE SET used = excluded.used, revoked = excluded.revoked, updated_at = excluded.updated_at`;

const COLUMNS = [
  'key_id',
  'user_id',
  'product',
  'imported',
  'uses',
  'used',
  'expires_at',
  'revoked',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof LicenseKeyRow)[];

export async function saveLicenseKeys(
  client: PoolClient,
  { made, changed }: RowsToSave<LicenseKey>,
): Promise<void> {
  await copyRows(client, 'license_keys', COLUMNS, made.values().map(licenseKeyRow));
  for (const some of chunked(changed)) {
    const values = [JSON.stringify(some.map(licenseKeyRow))];
    await client.query({ name: 'license_keys_save', text: SAVE, values });
  }
}
