import { ADVISORY_LOCKS, isAdvisoryLockHeld } from '../../../shared/adapters/postgres/advisory-locks.ts';
import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { formatPosition } from '../../../shared/event-log/position.ts';
import type { AppliedEvent } from '../../feeds/feed.ts';
import { isHistoryBare, missingHistoryMigrations } from '../../schemas/migrate.ts';
import { loadCheckpoint } from '../../write/checkpoint.ts';
import { HISTORY } from './schemas.ts';

const TABLES = [
  'subscription_states',
  'license_states',
  'customers',
  'catalogue_terms',
  'days',
  'machines_by_day',
] as const;

/** An event of a user that could not be applied; the later ones of the user wait behind it. */
export interface FirstParked {
  readonly user_id: string;
  readonly event_id: string;
  readonly type: string;
  readonly cause: string;
}

export interface HistoryStatus {
  /**
   * `missing`: they are not there. `building`: their first build was not finished. `older`: an older release made them, or a
   * part of them; the next update brings them up to this one. `ready`: they can be asked.
   */
  readonly state: 'missing' | 'building' | 'older' | 'ready';
  /** Whether a process writes them now: a follower, or an update. */
  readonly written: boolean;
  /** Of the last event that they hold, and its time in the log. */
  readonly position: string | undefined;
  readonly at: Date | undefined;
  /** How much later the log's last event is, in seconds; undefined where the log was not asked. */
  readonly behindSeconds: number | undefined;
  readonly parked: readonly FirstParked[];
  /** Rows of each table, and the last day of machines in use. */
  readonly rows: Readonly<Record<string, number>>;
  readonly machinesUntil: string | undefined;
}

const FIRST_PARKED = `
SELECT DISTINCT ON (user_id) user_id, event_id, type, cause FROM ${HISTORY.fold}.parked_events ORDER BY user_id, revision`;

/** The last table that they are made with: until it is there, nothing can be counted. */
const LAST_MADE = `${HISTORY.history}.machines_by_day`;

async function stateOf(db: Queryable): Promise<HistoryStatus['state']> {
  const { rows } = await db.query('SELECT to_regclass($1) IS NOT NULL AS there', [LAST_MADE]);
  if (!rows[0].there) return 'missing';
  if (await isHistoryBare(db, HISTORY)) return 'building';
  return (await missingHistoryMigrations(db, HISTORY)).length > 0 ? 'older' : 'ready';
}

/**
 * How the history tables are.
 * @param end the last event of the log; undefined where it was not asked, or is empty
 * @throws MigrationMismatch
 */
export async function historyStatus(db: Queryable, end: AppliedEvent | undefined): Promise<HistoryStatus> {
  const state = await stateOf(db);
  const written = await isAdvisoryLockHeld(db, ADVISORY_LOCKS.historyTables);
  const nothing = { position: undefined, at: undefined, machinesUntil: undefined, parked: [], rows: {} };
  if (state === 'missing') return { state, written, behindSeconds: undefined, ...nothing };
  const { last } = await loadCheckpoint(db, HISTORY.fold);
  const rows: Record<string, number> = {};
  for (const table of TABLES) {
    const counted = await db.query(`SELECT count(*)::float8 AS n FROM ${HISTORY.history}.${table}`);
    rows[table] = counted.rows[0].n;
  }
  const { rows: days } = await db.query<{ day: string | null }>(
    `SELECT to_char(max(day), 'YYYY-MM-DD') AS day FROM ${HISTORY.history}.machines_by_day`,
  );
  return {
    state,
    written,
    position: last && formatPosition(last.position),
    at: last?.at,
    behindSeconds: end && last ? Math.max(0, end.at.getTime() - last.at.getTime()) / 1_000 : undefined,
    parked: (await db.query<FirstParked>(FIRST_PARKED)).rows,
    rows,
    machinesUntil: days[0]?.day ?? undefined,
  };
}
