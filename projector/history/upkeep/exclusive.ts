import {
  ADVISORY_LOCKS,
  endAdvisoryLock,
  tryAdvisoryLock,
} from '../../../shared/adapters/postgres/advisory-locks.ts';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { HistoryRefused } from './errors.ts';

const HELD = {
  historyTables:
    'another process writes the history tables: history-tables follow or update. Stop it first, or leave it to it',
  historyRebuild: 'the history tables are being rebuilt: wait for it, or interrupt it',
} as const;

/**
 * Does work that one process may do at a time, and none while another one follows the log (or rebuilds).
 * @throws HistoryRefused another process is at work
 */
export async function exclusively<T>(
  pool: Pool,
  lock: keyof typeof HELD,
  work: () => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  if (!(await tryAdvisoryLock(client, ADVISORY_LOCKS[lock]))) {
    client.release();
    throw new HistoryRefused('history_running', HELD[lock]);
  }
  try {
    return await work();
  } finally {
    await endAdvisoryLock(client, ADVISORY_LOCKS[lock]);
  }
}
