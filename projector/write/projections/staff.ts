import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { STAFF_COLUMNS, type StaffRow, staffAccount } from '../../../shared/read-model/staff-rows.ts';
import { foldStaff, type StaffAccount } from '../../../shared/staff/account.ts';
import type { DecodedStaffEvent } from '../decode.ts';

const COLUMNS = STAFF_COLUMNS.join(', ');

const LOAD = `SELECT ${COLUMNS} FROM staff WHERE staff_id = ANY ($1::uuid[])`;

const SAVE = `
INSERT INTO staff (${COLUMNS}) VALUES (${STAFF_COLUMNS.map((_, i) => `$${i + 1}`).join(', ')})
ON CONFLICT (staff_id) DO UPDATE SET name = excluded.name, email = excluded.email,
  is_ready = excluded.is_ready, sessions = excluded.sessions, status = excluded.status, scopes = excluded.scopes,
  scopes_revision = excluded.scopes_revision, keys = excluded.keys, revision = excluded.revision,
  updated_at = excluded.updated_at`;

const values = (account: StaffAccount): unknown[] => [
  account.staffId,
  account.kind,
  account.name,
  account.email,
  account.isReady,
  account.status,
  account.scopes,
  account.scopesRevision,
  JSON.stringify(account.keys),
  JSON.stringify(account.sessions),
  account.revision,
  new Date(account.createdAt),
  new Date(account.updatedAt),
];

/** The event's time, which never goes back within its stream: as the write side has it. */
const timeOf = ({ created }: DecodedStaffEvent['recorded'], before: StaffAccount | undefined): number =>
  Math.max(created.getTime(), before?.updatedAt ?? 0);

/**
 * Applies events of staff, in order. One at or below the row's revision is a duplicate. A gap is none to stop for, other
 * than in a user's stream: what another program wrote there is in no row, and nothing of staff is ever parked. There are a
 * few of these a day, so a statement for each account is enough.
 */
export async function applyStaff(db: Queryable, events: readonly DecodedStaffEvent[]): Promise<void> {
  if (events.length === 0) return;
  const ids = [...new Set(events.map(({ recorded }) => recorded.event.data.staffId))];
  const { rows } = await db.query<StaffRow>(LOAD, [ids]);
  const accounts = new Map(rows.map((row) => [row.staff_id, staffAccount(row)]));
  const changed = new Set<string>();
  for (const { recorded, person } of events) {
    const { event, revision } = recorded;
    const { staffId } = event.data;
    const before = accounts.get(staffId);
    if (revision <= (before?.revision ?? -1)) continue;
    const after = foldStaff(before, event, revision, timeOf(recorded, before), person);
    if (!after) continue;
    accounts.set(staffId, after);
    changed.add(staffId);
  }
  for (const staffId of changed) await db.query(SAVE, values(accounts.get(staffId) as StaffAccount));
}
