import {
  ADVISORY_LOCKS,
  endAdvisoryLock,
  tryAdvisoryLock,
} from '../../../shared/adapters/postgres/advisory-locks.ts';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { HistoryRefused } from './errors.ts';

/**
 * Does work that one process may do at a time, and none while another one follows the log.
 * @throws HistoryRefused another process writes the history tables
 */
export async function exclusively<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  if (!(await tryAdvisoryLock(client, ADVISORY_LOCKS.historyTables))) {
    client.release();
    throw new HistoryRefused(
      'history_running',
      'another process writes the history tables: history-tables follow or update. Stop it first, or leave it to it',
    );
  }
  try {
    return await work();
  } finally {
    await endAdvisoryLock(client, ADVISORY_LOCKS.historyTables);
  }
}
