import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { STAFF_COLUMNS, type StaffRow, staffAccount } from '../../shared/read-model/staff-rows.ts';
import { type StaffAccount, staffStatus } from '../../shared/staff/account.ts';

const LIST = `SELECT ${STAFF_COLUMNS.join(', ')} FROM read_model.staff WHERE kind = 'person' ORDER BY created_at, staff_id`;

/** The people who are staff, removed ones too, as the read model has them. */
export async function listMembers(db: Queryable): Promise<StaffAccount[]> {
  return (await db.query<StaffRow>(LIST, [])).rows.map(staffAccount);
}

export const MEMBER_HEADER = ['staff id', 'email', 'name', 'status', 'scopes', 'sessions'];

export const memberLine = (member: StaffAccount, now: number): readonly unknown[] => [
  member.staffId,
  member.email,
  member.name,
  staffStatus(member),
  member.scopes.join(','),
  member.sessions.filter(({ expiresAt }) => expiresAt > now).length,
];
