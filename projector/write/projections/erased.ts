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

/** Forgets everybody who is erased: at the end of a load, and whom a projector of the release before has erased. */
export async function forgetAllErased(db: Queryable): Promise<void> {
  for (const statement of [LICENSES, SUBSCRIPTIONS]) await db.query(`${statement} ${ALL}`);
}
