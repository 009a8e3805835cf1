import { chunked } from '../../../shared/adapters/postgres/chunked.ts';
import { copyRows } from '../../../shared/adapters/postgres/copy.ts';
import type { PoolClient, Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { type License, licenseRow } from '../../../shared/read-model/fold/license.ts';
import { LICENSE_COLUMNS, type LicenseRow } from '../../../shared/read-model/rows.ts';
import type { RowsToSave } from '../batch/batch-rows.ts';

const LOAD = `
SELECT license_id, user_id, subscription_id, product, client_id, client_name, status, license_key_id, activated_at, created_at,
  updated_at
FROM licenses WHERE license_id = ANY ($1::uuid[])`;

/** The rows of these licenses, of those that have one. */
export async function loadLicenses(db: Queryable, ids: readonly string[]): Promise<License[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<LicenseRow>({ name: 'licenses_load', text: LOAD, values: [ids] });
  return rows.map((row) => ({
    licenseId: row.license_id,
    userId: row.user_id,
    subscriptionId: row.subscription_id,
    product: row.product,
    clientId: row.client_id,
    clientName: row.client_name,
    status: row.status,
    keyId: row.license_key_id,
    activatedAt: row.activated_at.getTime(),
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  }));
}

const SAVE = `
INSERT INTO licenses (license_id, user_id, subscription_id, product, client_id, client_name, status, license_key_id, activated_at,
  created_at, updated_at)
SELECT license_id, user_id, subscription_id, product, client_id, client_name, status, license_key_id, activated_at, created_at,
  updated_at
FROM json_to_recordset($1) AS row (license_id uuid, user_id uuid, subscription_id uuid, product text, client_id text,
  client_name text, status text, license_key_id uuid, activated_at timestamptz, created_at timestamptz, updated_at timestamptz)
ON CONFLICT (license_id) DO UPDATE SET status = excluded.status, updated_at = excluded.updated_at`;

/** Writes the rows; those that free their client's id come first, because another license may take it. */
export async function saveLicenses(
  client: PoolClient,
  { made, changed }: RowsToSave<License>,
): Promise<void> {
  const freeing = changed.filter(({ status }) => status === 'deactivated');
  const others = changed.filter(({ status }) => status !== 'deactivated');
  for (const some of chunked([...freeing, ...others])) {
    const values = [JSON.stringify(some.map(licenseRow))];
    await client.query({ name: 'licenses_save', text: SAVE, values });
  }
  await copyRows(client, 'licenses', LICENSE_COLUMNS, made.values().map(licenseRow));
}
