import type { Queryable } from '../../shared/adapters/postgres/pool.ts';

/*
 * What the history of an erased user says of them beside the ids that are made here: ids of their clients, and the seller's
 * own ids of them and of their subscriptions. It goes from all their rows, those of the past too.
 */

const STATEMENTS = [
  'UPDATE customers SET external_id = NULL WHERE external_id IS NOT NULL AND',
  'UPDATE subscription_states SET external_id = NULL WHERE external_id IS NOT NULL AND',
  'UPDATE license_states SET client_id = NULL WHERE client_id IS NOT NULL AND',
];
const THESE = 'user_id = ANY ($1::uuid[])';
const ALL = "user_id IN (SELECT user_id FROM users WHERE status = 'erased')";

/** Blanks users who are erased now. Their rows are found by indexes that a build makes after its load. */
export async function blankErased(db: Queryable, userIds: readonly string[]): Promise<void> {
  for (const statement of STATEMENTS) await db.query(`${statement} ${THESE}`, [userIds]);
}

/** Blanks everybody whom the fold's users say is erased, at the end of a build. It reads every row. */
export async function blankAllErased(db: Queryable): Promise<void> {
  for (const statement of STATEMENTS) await db.query(`${statement} ${ALL}`);
}
