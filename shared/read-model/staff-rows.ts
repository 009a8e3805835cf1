import type { StaffAccount } from '../staff/account.ts';

/** A row of `staff` as node-postgres returns it. */
export interface StaffRow {
  staff_id: string;
  kind: StaffAccount['kind'];
  name: string;
  status: StaffAccount['status'];
  scopes: string[];
  scopes_revision: string;
  keys: StaffAccount['keys'];
  revision: string;
  created_at: Date;
  updated_at: Date;
}

export const STAFF_COLUMNS = [
  'staff_id',
  'kind',
  'name',
  'status',
  'scopes',
  'scopes_revision',
  'keys',
  'revision',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof StaffRow)[];

export const staffAccount = (row: StaffRow): StaffAccount => ({
  staffId: row.staff_id,
  kind: row.kind,
  name: row.name,
  status: row.status,
  scopes: row.scopes,
  scopesRevision: Number(row.scopes_revision),
  keys: row.keys,
  revision: Number(row.revision),
  createdAt: row.created_at.getTime(),
  updatedAt: row.updated_at.getTime(),
});
