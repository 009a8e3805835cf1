import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { License } from '../../../shared/read-model/fold/license.ts';
import type { Cause } from '../intervals/cause.ts';
import { Known } from '../intervals/interval.ts';
import type { LicenseState } from '../intervals/license.ts';
import { StateRows, type StateTable } from './state-table.ts';

const TABLE: StateTable<LicenseState> = {
  name: 'license_states',
  id: 'license_id',
  columns: {
    user_id: 'uuid',
    license_id: 'uuid',
    product: 'text',
    subscription_id: 'uuid',
    license_key_id: 'uuid',
    client_id: 'text',
    status: 'text',
    customer_erased: 'boolean',
  },
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
  state: (row, cause) => ({
    license: {
      userId: row.user_id as string,
      licenseId: row.license_id as string,
      product: row.product as string,
      subscriptionId: row.subscription_id as string,
      keyId: row.license_key_id as string | null,
      clientId: row.client_id as string | null,
      clientName: null,
      status: row.status as License['status'],
      activatedAt: 0,
      createdAt: 0,
      updatedAt: 0,
    },
    customerErased: row.customer_erased as boolean,
    cause,
  }),
};

export const licenseStates = new StateRows(TABLE);

const LOAD = `
${licenseStates.select}
JOIN unnest($1::uuid[], $2::uuid[]) AS wanted (user_id, license_id)
  ON t.user_id = wanted.user_id AND t.license_id = wanted.license_id
  AND t.valid_to = 'infinity' AND t.known_to = 'infinity'`;

/** What is known of these licenses (license → user) to hold on. */
export async function loadLicenseStates(
  db: Queryable,
  wanted: ReadonlyMap<string, string>,
): Promise<Map<string, Known<LicenseState>>> {
  if (wanted.size === 0) return new Map();
  const values = [[...wanted.values()], [...wanted.keys()]];
  const { rows } = await db.query({ name: 'license_states_load', text: LOAD, values });
  const known = rows.map((row) => licenseStates.read(row));
  return new Map(known.map((interval) => [interval.state.license.licenseId, new Known([interval])]));
}

/** A customer who is erased, from when on. */
export interface Erasure {
  readonly userId: string;
  readonly at: number;
  readonly cause: Cause;
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
), removed AS (
  DELETE FROM license_states t USING erased e
  WHERE t.user_id = e.user_id AND t.valid_to = 'infinity' AND t.known_to = 'infinity' AND t.known_from >= e.at
    AND t.license_id <> ALL ($2::uuid[])
  RETURNING t.*, e.at
), ended AS (
  UPDATE license_states t SET known_to = e.at FROM erased e
  WHERE t.user_id = e.user_id AND t.valid_to = 'infinity' AND t.known_to = 'infinity' AND t.known_from < e.at
    AND t.license_id <> ALL ($2::uuid[])
  RETURNING t.*, e.at
), before AS (SELECT * FROM removed UNION ALL SELECT * FROM ended)
INSERT INTO license_states (${OWN}, client_id, status, customer_erased, ${CAUSE}, ${TIMES})
SELECT ${OWN}, client_id, status, customer_erased, ${CAUSE}, valid_from, at, at, 'infinity'::timestamptz FROM before WHERE valid_from < at
UNION ALL
SELECT ${OWN}, NULL, status, true, e.actor_role, e.cause_type, e.cause_commit, e.cause_prepare, b.at, 'infinity'::timestamptz, b.at, 'infinity'::timestamptz
FROM before b JOIN erased e USING (user_id)`;

/** @param taken licenses that are written otherwise */
export async function eraseLicenses(
  db: Queryable,
  erasures: readonly Erasure[],
  taken: readonly string[],
): Promise<void> {
  if (erasures.length === 0) return;
  const rows = erasures.map(({ userId, at, cause }) => ({
    user_id: userId,
    at,
    actor_role: cause.actorRole,
    cause_type: cause.type,
    cause_commit: String(cause.position.commit),
    cause_prepare: String(cause.position.prepare),
  }));
  await db.query(ERASE, [JSON.stringify(rows), taken]);
}
