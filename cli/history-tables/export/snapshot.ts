import { HistoryRefused } from '../../../projector/history/upkeep/errors.ts';
import { HISTORY } from '../../../projector/history/upkeep/schemas.ts';
import { isHistoryBare, missingHistoryMigrations } from '../../../projector/schemas/migrate.ts';
import { loadCheckpoint } from '../../../projector/write/checkpoint.ts';
import { createPool, type PoolClient, type PoolOptions } from '../../../shared/adapters/postgres/pool.ts';
import { formatPosition } from '../../../shared/event-log/position.ts';
import type { Manifest } from '../../export-folder/manifest.ts';

/** A large table is sorted before its first row comes. */
const STATEMENT_TIMEOUT_MS = 3_600_000;

/** The history tables as they stand at one instant. */
export interface Snapshot {
  readonly db: PoolClient;
  /** The last event that they hold. */
  readonly upTo: NonNullable<Manifest['up_to']>;
}

/**
 * Does work on the history tables as they stand now, whatever is written to them meanwhile.
 * @throws HistoryRefused there are none, or of another release; and what PostgreSQL throws
 */
export async function withSnapshot<T>(
  { connectionString, logger }: Pick<PoolOptions, 'connectionString' | 'logger'>,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const pool = createPool({
    ...{ connectionString, logger, applicationName: 'cli history-tables' },
    ...{ max: 1, statementTimeoutMs: STATEMENT_TIMEOUT_MS },
  });
  try {
    const db = await pool.connect();
    try {
      await db.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const snapshot = { db, upTo: await upToOf(db) };
      const result = await work(snapshot);
      await db.query('COMMIT');
      return result;
    } finally {
      // What was not committed is given up with its connection.
      db.release(true);
    }
  } finally {
    await pool.end();
  }
}

async function upToOf(db: PoolClient): Promise<Snapshot['upTo']> {
  const update = 'bring them up with: cli history-tables update';
  if (await isHistoryBare(db, HISTORY)) {
    throw new HistoryRefused(
      'history_missing',
      `there are no history tables, or they are not finished: ${update}`,
    );
  }
  const [missing] = await missingHistoryMigrations(db, HISTORY);
  if (missing) {
    throw new HistoryRefused(
      'history_missing',
      `the history tables are an older release's (${missing}): ${update}`,
    );
  }
  const { last } = await loadCheckpoint(db, HISTORY.fold);
  if (!last) throw new HistoryRefused('history_missing', `the history tables hold no event yet: ${update}`);
  return { position: formatPosition(last.position), event_id: last.id, time: last.at.toISOString() };
}
