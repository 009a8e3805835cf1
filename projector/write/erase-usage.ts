import {
  isPostgresUnavailable,
  type PoolClient,
  type Queryable,
} from '../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../shared/process/logger.ts';

const REMEMBER = 'INSERT INTO usage.erasures (user_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING';
/** What is measured of users. */
const TABLES = ['usage.rate_limits', 'usage.last_seen'];

/**
 * A row that a query node is writing while its user is erased is not seen by the removal. It takes such a statement a
 * few seconds at most, so a removal after this long misses none.
 */
const LATE = '5 minutes';

/**
 * Removes the usage rows of erased users, in the transaction that erases them. Usage is a measurement and must not
 * hold up the read models: if it can't be done now the transaction goes on without, and {@link finishErasures} does it.
 */
export const eraseUsage =
  (logger: Logger) =>
  async (client: PoolClient, userIds: readonly string[]): Promise<void> => {
    await client.query(REMEMBER, [userIds]);
    await client.query('SAVEPOINT usage');
    try {
      for (const table of TABLES)
        await client.query(`DELETE FROM ${table} WHERE user_id = ANY ($1::uuid[])`, [userIds]);
      await client.query('RELEASE SAVEPOINT usage');
    } catch (error) {
      if (isPostgresUnavailable(error) && !isCancelled(error)) throw error;
      logger.error({ err: error, user_ids: userIds }, 'usage_not_erased');
      await client.query('ROLLBACK TO SAVEPOINT usage');
    }
  };

/** Removes what was left of erased users' usage, or came late. To be repeated from time to time. */
export async function finishErasures(db: Queryable): Promise<void> {
  for (const table of TABLES)
    await db.query(`DELETE FROM ${table} WHERE user_id IN (SELECT user_id FROM usage.erasures)`);
  await db.query(`DELETE FROM usage.erasures WHERE erased_at < now() - interval '${LATE}'`);
}

/** A statement that took too long: the connection is still good. */
const isCancelled = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '57014';
