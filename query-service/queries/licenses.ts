import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { LICENSE_COLUMNS, type LicenseRow } from '../../shared/read-model/rows.ts';

/** When its key was shown last: a day of UTC, `2026-11-27`. A measurement, which no event says. */
export interface LastSeen {
  readonly last_seen_on: string | null;
}

const FROM = `
SELECT ${LICENSE_COLUMNS.map((column) => `l.${column}`).join(', ')}, s.day::text AS last_seen_on
FROM read_model.licenses l LEFT JOIN usage.last_seen s USING (license_id)`;

const FIND = `${FROM} WHERE l.license_id = $1`;

const OF_USER = `
${FROM}
WHERE l.user_id = $1 AND ($2::uuid IS NULL OR l.license_id > $2)
ORDER BY l.license_id LIMIT $3`;

export async function findLicense(db: Queryable, id: string): Promise<(LicenseRow & LastSeen) | undefined> {
  const { rows } = await db.query<LicenseRow & LastSeen>({ name: 'find_license', text: FIND, values: [id] });
  return rows[0];
}

/** A user's licenses in the order of their activation (their ids sort by it), from the one after `after` on. */
export async function licensesOf(
  db: Queryable,
  userId: string,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<(LicenseRow & LastSeen)[]> {
  const { rows } = await db.query<LicenseRow & LastSeen>({
    name: 'licenses_of',
    text: OF_USER,
    values: [userId, page.after ?? null, page.limit],
  });
  return rows;
}
