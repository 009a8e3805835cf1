import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { dependents } from '../../rebuild/dependents.ts';
import { exclusively } from './exclusive.ts';
import { HISTORY, HISTORY_NEXT, HISTORY_OLD } from './schemas.ts';

const ALL = [HISTORY, HISTORY_NEXT, HISTORY_OLD].flatMap(({ fold, history }) => [fold, history]);

/** What others have hung on the history tables, and would go with them; by PostgreSQL's names. */
export const hungOnHistory = (pool: Pool): Promise<string[]> =>
  dependents(
    pool,
    // As if each were replaced by itself: what the migrations have made is not among it.
    [HISTORY.fold, HISTORY.history].map((name) => ({ live: name, next: name })),
  );

/**
 * Drops the history tables, what a rebuild has left, and what hangs on them.
 * @throws HistoryRefused a follower, an update or a rebuild is at work
 */
export const dropTables = (pool: Pool): Promise<void> =>
  exclusively(pool, 'historyTables', () =>
    exclusively(pool, 'historyRebuild', async () => {
      await pool.query(`DROP SCHEMA IF EXISTS ${ALL.join(', ')} CASCADE`);
    }),
  );
