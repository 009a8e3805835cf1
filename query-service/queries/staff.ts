import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { STAFF_COLUMNS, type StaffRow, staffAccount } from '../../shared/read-model/staff-rows.ts';
import { type StaffAccount, staffSessionHolds, staffTokenHolds } from '../../shared/staff/account.ts';
import type { SessionClaims, StaffClaims } from '../../shared/tokens/tokens.ts';

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

/** The person; undefined if there is none of that id. */
export async function findMember(db: Queryable, id: string): Promise<StaffAccount | undefined> {
  const account = await accountOf(db, id);
  return account?.kind === 'person' ? account : undefined;
}

/** People who are staff by id, removed ones too, from the one after `after` on; at most `limit`. */
export async function findMembers(
  db: Queryable,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<StaffAccount[]> {
  const { rows } = await db.query<StaffRow>(
    `SELECT ${COLUMNS} FROM read_model.staff s
     WHERE s.kind = 'person' AND ($1::uuid IS NULL OR s.staff_id > $1) ORDER BY s.staff_id LIMIT $2`,
    [after ?? null, limit],
  );
  return rows.map(staffAccount);
}

async function accountOf(db: Queryable, id: string): Promise<StaffAccount | undefined> {
  const { rows } = await db.query<StaffRow>({
    name: 'staff_token_state',
    text: `SELECT ${STAFF_COLUMNS.join(', ')} FROM read_model.staff WHERE staff_id = $1`,
    values: [id],
  });
  return rows[0] && staffAccount(rows[0]);
}

/** Undefined if the read model does not have (yet) what a token was made from at this revision. */
async function accountAt(db: Queryable, id: string, rev: number): Promise<StaffAccount | undefined> {
  const account = await accountOf(db, id);
  return account && (account.revision >= rev || account.status === 'removed') ? account : undefined;
}

/** Whether a service account's token was ended by a change of its scopes, its key or itself; undefined as above. */
export async function staffTokenHasEnded(
  db: Queryable,
  { sub, rev, key }: Pick<StaffClaims, 'sub' | 'rev' | 'key'>,
): Promise<boolean | undefined> {
  const account = await accountAt(db, sub, rev);
  return account && !staffTokenHolds(account, { rev, key });
}

/** Whether a person's session was ended; undefined as above. */
export async function staffSessionHasEnded(
  db: Queryable,
  { sub, rev, jti }: Pick<SessionClaims, 'sub' | 'rev' | 'jti'>,
): Promise<boolean | undefined> {
  const account = await accountAt(db, sub, rev);
  return account && !staffSessionHolds(account, jti);
}
