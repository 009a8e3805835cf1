import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { LICENSE_COLUMNS, type LicenseRow } from '../../shared/read-model/rows.ts';

const FROM = `SELECT ${LICENSE_COLUMNS.join(', ')} FROM read_model.licenses`;

const FIND = `${FROM} WHERE license_id = $1`;

const OF_USER = `
${FROM}
WHERE user_id = $1 AND ($2::uuid IS NULL OR license_id > $2)
ORDER BY license_id LIMIT $3`;

export async function findLicense(db: Queryable, id: string): Promise<LicenseRow | undefined> {
  const { rows } = await db.query<LicenseRow>({ name: 'find_license', text: FIND, values: [id] });
  return rows[0];
}

/** A user's licenses in the order of their activation (their ids sort by it), from the one after `after` on. */
export async function licensesOf(
  db: Queryable,
  userId: string,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<LicenseRow[]> {
  const { rows } = await db.query<LicenseRow>({
    name: 'licenses_of',
    text: OF_USER,
    values: [userId, page.after ?? null, page.limit],
  });
  return rows;
}
