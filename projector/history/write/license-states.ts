import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Cause } from '../intervals/cause.ts';
import type { LicenseState } from '../intervals/license.ts';
import { lookUp, StateRows } from './state-rows.ts';
import type { StateTable } from './state-table.ts';

const TABLE: StateTable<LicenseState> = {
  name: 'license_states',
  id: 'license_id',
  endsLast: true,
  columns: [
    'user_id',
    'license_id',
    'product',
    'subscription_id',
    'license_key_id',
    'client_id',
    'status',
    'customer_erased',
  ],
  values: ({ license, customerErased }) => ({
    user_id: license.userId,
    license_id: license.licenseId,
    product: license.product,
    subscription_id: license.subscriptionId,
    license_key_id: license.keyId,
    client_id: license.clientId,
    status: license.status,
    customer_erased: customerErased,
  }),
};

export const licenseStates = new StateRows(TABLE);

/** A customer who is erased, from when on. */
export interface Erasure {
  readonly userId: string;
  readonly at: number;
  readonly cause: Cause;
  /** Their licenses that the batch had changed before. */
  readonly except: readonly string[];
}

const OWN = 'user_id, license_id, product, subscription_id, license_key_id';
const CAUSE = 'actor_role, cause_type, cause_commit, cause_prepare';
const TIMES = 'valid_from, valid_to, known_from, known_to';

/**
 * The licenses of erased customers that no event of the batch is about: a customer may have a million, so they don't leave
 * PostgreSQL. A row that became known at the same instant was never known.
 */
const ERASE = `
WITH erased AS (
  SELECT user_id, to_timestamp(at / 1000.0) AS at, actor_role, cause_type, cause_commit, cause_prepare
  FROM json_to_recordset($1) AS row (user_id uuid, at float8, actor_role text, cause_type text, cause_commit bigint,
    cause_prepare bigint)
), found AS (${lookUp(
  'license_states',
  't.ctid, given.at, t.known_from < given.at AS was_known',
  'erased AS given',
  "t.user_id = given.user_id AND t.valid_to = 'infinity' AND t.known_to = 'infinity' AND t.license_id <> ALL ($2::uuid[])",
)}), removed AS (
  DELETE FROM license_states t USING found WHERE t.ctid = found.ctid AND NOT was_known RETURNING t.*, found.at
), ended AS (
  UPDATE license_states t SET known_to = found.at FROM found WHERE t.ctid = found.ctid AND was_known RETURNING t.*, found.at
), before AS (SELECT * FROM removed UNION ALL SELECT * FROM ended)
INSERT INTO license_states (${OWN}, client_id, status, customer_erased, ${CAUSE}, ${TIMES})
SELECT ${OWN}, client_id, status, customer_erased, ${CAUSE}, valid_from, at, at, 'infinity'::timestamptz FROM before WHERE valid_from < at
UNION ALL
SELECT ${OWN}, NULL, status, true, e.actor_role, e.cause_type, e.cause_commit, e.cause_prepare, b.at, 'infinity'::timestamptz,
  b.at, 'infinity'::timestamptz
FROM before b JOIN erased e USING (user_id)`;

export async function eraseLicenses(db: Queryable, erasures: readonly Erasure[]): Promise<void> {
  if (erasures.length === 0) return;
  const rows = erasures.map(({ userId, at, cause }) => ({
    user_id: userId,
    at,
    actor_role: cause.actorRole,
    cause_type: cause.type,
    cause_commit: String(cause.position.commit),
    cause_prepare: String(cause.position.prepare),
  }));
  await db.query(ERASE, [JSON.stringify(rows), erasures.flatMap(({ except }) => except)]);
}
