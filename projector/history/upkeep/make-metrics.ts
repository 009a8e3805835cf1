import {
  ADVISORY_LOCKS,
  takeAdvisoryLockInTransaction,
} from '../../../shared/adapters/postgres/advisory-locks.ts';
import { inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { installMetrics } from '../metrics.ts';

/** Makes this release's metrics in the schema that has the history tables, or replaces those of another release. */
export const makeMetrics = (pool: Pool, history: string): Promise<void> =>
  inTransaction(pool, async (client) => {
    await takeAdvisoryLockInTransaction(client, ADVISORY_LOCKS.migrations);
    await installMetrics(client, history);
  });
