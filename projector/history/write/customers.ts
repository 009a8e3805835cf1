import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { CustomerState } from '../intervals/customer.ts';
import { Known } from '../intervals/interval.ts';
import { StateRows } from './state-rows.ts';
import { instantOf, intervalOf, type ReadStateTable, timeOf } from './state-table.ts';

const TABLE: ReadStateTable<CustomerState> = {
  name: 'customers',
  id: 'user_id',
  endsLast: true,
  columns: ['user_id', 'status', 'origin', 'external_id', 'signed_up_at'],
  values: ({ userId, status, origin, externalId, signedUpAt }) => ({
    user_id: userId,
    status,
    origin,
    external_id: externalId,
    signed_up_at: timeOf(signedUpAt),
  }),
  state: (row, cause) => ({
    userId: row.user_id as string,
    status: row.status as CustomerState['status'],
    origin: row.origin as CustomerState['origin'],
    externalId: row.external_id as string | null,
    signedUpAt: instantOf(row.signed_up_at),
    cause,
  }),
};

export const customers = new StateRows(TABLE);

const LOAD = `SELECT ${customers.columns} FROM customers t
WHERE t.user_id = ANY ($1::uuid[]) AND t.valid_to = 'infinity' AND t.known_to = 'infinity'`;

/** What is known of these customers to hold on. */
export async function loadCustomers(
  db: Queryable,
  userIds: readonly string[],
): Promise<Map<string, Known<CustomerState>>> {
  if (userIds.length === 0) return new Map();
  const { rows } = await db.query(LOAD, [userIds]);
  const known = rows.map((row) => intervalOf(TABLE, row));
  return new Map(known.map((interval) => [interval.state.userId, new Known([interval])]));
}
