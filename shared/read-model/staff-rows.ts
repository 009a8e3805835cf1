import type { StaffAccount } from '../staff/account.ts';

/** A row of `staff` as node-postgres returns it. */
export interface StaffRow {
  staff_id: string;
  kind: StaffAccount['kind'];
  name: string | null;
  email: string | null;
  is_ready: boolean;
  status: StaffAccount['status'];
  scopes: string[];
  scopes_revision: string;
  keys: StaffAccount['keys'];
  sessions: StaffAccount['sessions'];
  revision: string;
  created_at: Date;
  updated_at: Date;
}

export const STAFF_COLUMNS = [
  'staff_id',
  'kind',
  'name',
  'email',
  'is_ready',
  'status',
  'scopes',
  'scopes_revision',
  'keys',
  'sessions',
  'revision',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof StaffRow)[];

export const staffAccount = (row: StaffRow): StaffAccount => ({
  staffId: row.staff_id,
  kind: row.kind,
  name: row.name,
  email: row.email,
  isReady: row.is_ready,
  status: row.status,
  scopes: row.scopes,
  scopesRevision: Number(row.scopes_revision),
  keys: row.keys,
  sessions: row.sessions,
  revision: Number(row.revision),
  createdAt: row.created_at.getTime(),
  updatedAt: row.updated_at.getTime(),
});
