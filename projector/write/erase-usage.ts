import { isPostgresUnavailable, type PoolClient } from '../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../shared/logger.ts';

/**
 * Removes the usage rows of erased users, in the transaction that erases them. Usage is a measurement and must not
 * hold up the read models: if it can't be done the transaction goes on without, and the log says so.
 */
export const eraseUsage =
  (logger: Logger) =>
  async (client: PoolClient, userIds: readonly string[]): Promise<void> => {
    await client.query('SAVEPOINT usage');
    try {
      await client.query('DELETE FROM usage.rate_limits WHERE user_id = ANY ($1::uuid[])', [userIds]);
      await client.query('RELEASE SAVEPOINT usage');
    } catch (error) {
      if (isPostgresUnavailable(error) && !isCancelled(error)) throw error;
      logger.error({ err: error, user_ids: userIds }, 'usage_not_erased');
      await client.query('ROLLBACK TO SAVEPOINT usage');
    }
  };

/** A statement that took too long: the connection is still good. */
const isCancelled = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '57014';
