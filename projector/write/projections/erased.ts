import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';

/*
 * What the rows of a user's licenses and subscriptions say of them beside the ids that are made here: names and ids of their
 * clients, and the seller's own ids of their subscriptions. It goes with its user.
 */

const LICENSES = 'UPDATE licenses SET client_name = NULL, client_id = NULL WHERE client_id IS NOT NULL AND';
const SUBSCRIPTIONS = 'UPDATE subscriptions SET external_id = NULL WHERE external_id IS NOT NULL AND';
const THESE = 'user_id = ANY ($1::uuid[])';
const ALL = "user_id IN (SELECT user_id FROM users WHERE status = 'erased')";

/** Forgets users who are erased now. Their rows are found by indexes that a rebuild makes after its load. */
export async function forgetErased(db: Queryable, userIds: readonly string[]): Promise<void> {
  for (const statement of [LICENSES, SUBSCRIPTIONS]) await db.query(`${statement} ${THESE}`, [userIds]);
}

/** Forgets everybody who is erased, at the end of a load. It reads all licenses: 5 s for two million. */
export async function forgetAllErased(db: Queryable): Promise<void> {
  for (const statement of [LICENSES, SUBSCRIPTIONS]) await db.query(`${statement} ${ALL}`);
}

/** Users that are looked at together; the feed waits meanwhile. */
const AT_ONCE = 100;

const NEXT = `
SELECT user_id, updated_at,
  EXISTS (SELECT FROM licenses l WHERE l.user_id = erased.user_id AND l.client_id IS NOT NULL)
    OR EXISTS (SELECT FROM subscriptions s WHERE s.user_id = erased.user_id AND s.external_id IS NOT NULL) AS remembered
FROM (
  SELECT user_id, updated_at FROM users
  WHERE status = 'erased' AND ($1::timestamptz IS NULL OR (updated_at, user_id) > ($1, $2::uuid))
  ORDER BY updated_at, user_id LIMIT ${AT_ONCE}
) AS erased
ORDER BY updated_at, user_id`;

/** A place among those who are erased. */
export interface ErasedUser {
  readonly user_id: string;
  readonly updated_at: Date;
}

/**
 * The next of those who are erased, in an order that stands.
 * @returns who of them is still remembered, because a projector of the release before has erased them; and the last of them,
 *   undefined once there are no more
 */
export async function nextErased(
  db: Queryable,
  after: ErasedUser | undefined,
): Promise<{ readonly remembered: readonly string[]; readonly last: ErasedUser | undefined }> {
  const values = [after?.updated_at ?? null, after?.user_id ?? null];
  const { rows } = await db.query<ErasedUser & { remembered: boolean }>(NEXT, values);
  return {
    remembered: rows.filter((row) => row.remembered).map((row) => row.user_id),
    last: rows.at(-1),
  };
}
