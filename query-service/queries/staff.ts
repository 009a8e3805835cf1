import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { STAFF_COLUMNS, type StaffRow, staffAccount } from '../../shared/read-model/staff-rows.ts';
import { type StaffAccount, staffTokenHolds } from '../../shared/staff/account.ts';
import type { StaffClaims } from '../../shared/tokens/tokens.ts';

/** A service account, and the day (UTC) on which each of its keys was used last, of those that were. */
export interface FoundStaff {
  readonly account: StaffAccount;
  readonly lastUsedOn: Readonly<Record<string, string>>;
}

const COLUMNS = STAFF_COLUMNS.map((column) => `s.${column}`).join(', ');

const WITH_USES = `
SELECT ${COLUMNS}, COALESCE((
  SELECT jsonb_object_agg(u.key_id, u.last_used_on)
  FROM jsonb_array_elements(s.keys) AS key JOIN usage.service_key_uses u ON u.key_id = (key ->> 'keyId')::uuid
), '{}') AS last_used_on
FROM read_model.staff s`;

type Row = StaffRow & { readonly last_used_on: FoundStaff['lastUsedOn'] };

const found = (row: Row): FoundStaff => ({ account: staffAccount(row), lastUsedOn: row.last_used_on });

export async function findServiceAccount(db: Queryable, id: string): Promise<FoundStaff | undefined> {
  const { rows } = await db.query<Row>(`${WITH_USES} WHERE s.staff_id = $1 AND s.kind = 'service'`, [id]);
  return rows[0] && found(rows[0]);
}

/** Service accounts by id, removed ones too, from the one after `after` on; at most `limit`. */
export async function findServiceAccounts(
  db: Queryable,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<FoundStaff[]> {
  const { rows } = await db.query<Row>(
    `${WITH_USES} WHERE s.kind = 'service' AND ($1::uuid IS NULL OR s.staff_id > $1) ORDER BY s.staff_id LIMIT $2`,
    [after ?? null, limit],
  );
  return rows.map(found);
}

/**
 * Whether a service account's token was ended by a change of its scopes, its key or itself; undefined if the read model
 * does not have (yet) what the token was made from.
 */
export async function staffTokenHasEnded(
  db: Queryable,
  { sub, rev, key }: Pick<StaffClaims, 'sub' | 'rev' | 'key'>,
): Promise<boolean | undefined> {
  const { rows } = await db.query<StaffRow>({
    name: 'staff_token_state',
    text: `SELECT ${STAFF_COLUMNS.join(', ')} FROM read_model.staff WHERE staff_id = $1`,
    values: [sub],
  });
  const account = rows[0] && staffAccount(rows[0]);
  if (!account || (account.revision < rev && account.status === 'active')) return undefined;
  return !staffTokenHolds(account, { rev, key });
}
