import { HISTORY } from '../../../projector/history/upkeep/schemas.ts';
import { postgresFault } from '../../../shared/adapters/postgres/faults.ts';
import { createPool, type Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../../shared/calendar.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { type Position, parsePosition } from '../../../shared/event-log/position.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import type { Criteria } from '../options/criteria.ts';

/** Where the history tables saw the events of a span of days. */
export interface Days {
  /** From the first of them to the last, both included; undefined: they saw none. */
  readonly seen: { readonly first: Position; readonly last: Position } | undefined;
  /** They saw every event up to here; a later one may be of any time. */
  readonly checkpoint: Position;
}

interface Row {
  event_id: string | null;
  checkpoint: string | null;
  first: string | null;
  last: string | null;
}

/** Whole days, counted from 1970; null: not bounded. Positions as text, because two columns are one value. */
const FIND = `
SELECT c.last_event_id AS event_id, c.last_event_commit || '/' || c.last_event_prepare AS checkpoint,
  (array_agg(d.first_commit || '/' || d.first_prepare ORDER BY d.first_commit, d.first_prepare)
    FILTER (WHERE d.day IS NOT NULL))[1] AS first,
  (array_agg(d.last_commit || '/' || d.last_prepare ORDER BY d.last_commit DESC, d.last_prepare DESC)
    FILTER (WHERE d.day IS NOT NULL))[1] AS last
FROM ${HISTORY.fold}.checkpoints c LEFT JOIN ${HISTORY.history}.days d
  ON ($1::int IS NULL OR d.day >= date '1970-01-01' + $1::int) AND ($2::int IS NULL OR d.day <= date '1970-01-01' + $2::int)
GROUP BY c.name`;

const dayOf = (at: number): number => Math.floor(at / DAY_MS);

const NONE =
  'there are no history tables, by which the events of a day are found at once. `cli history-tables update` makes them.';
const UNNAMED =
  'no setting names the database of the history tables, by which the events of a day are found at once: HISTORY_DATABASE_URL, or DATABASE_URL.';
const OTHER_STORE =
  'the history tables are of another event store. `cli history-tables rebuild` makes them from this one.';

export interface FindOptions {
  readonly log: Pick<EventLog, 'readEventAt'>;
  /** Of the database that has the history tables; undefined if none is named. */
  readonly connectionString: string | undefined;
  readonly logger: Logger;
  /** Tells the person who exports, on a line of its own. */
  readonly warn: (line: string) => void;
}

/**
 * Where the history tables saw the events of the wanted times, so that the rest need not be read. Without tables that
 * can be read, and that were made from this log, a line says what would make it fast.
 * @returns undefined: everything has to be read
 * @throws EventStoreUnavailable
 */
export async function findDays(criteria: Criteria, options: FindOptions): Promise<Days | undefined> {
  const { since, until, users, plans } = criteria;
  // A user's streams are short; and which plan somebody is on is known only from the log's start on.
  if ((since === undefined && until === undefined) || users.length > 0 || plans.length > 0) return undefined;
  const row = await inTables(options, (db) => read(db, since, until));
  const checkpoint = typeof row === 'string' ? undefined : parsePosition(row.checkpoint ?? '');
  if (typeof row === 'string' || !checkpoint) {
    options.warn(`The whole log is read: ${typeof row === 'string' ? row : NONE}`);
    return undefined;
  }
  if ((await options.log.readEventAt(checkpoint))?.id !== row.event_id) {
    options.warn(`The whole log is read: ${OTHER_STORE}`);
    return undefined;
  }
  const [first, last] = [parsePosition(row.first ?? ''), parsePosition(row.last ?? '')];
  return { seen: first && last && { first, last }, checkpoint };
}

/** Answers why there is no answer, otherwise. */
async function inTables(
  { connectionString, logger }: FindOptions,
  work: (db: Queryable) => Promise<Row | undefined>,
): Promise<Row | string> {
  if (connectionString === undefined) return UNNAMED;
  const pool = createPool({ connectionString, applicationName: 'cli replay', max: 1, logger });
  try {
    return (await work(pool)) ?? NONE;
  } catch (error) {
    if (postgresFault(error) === undefined) throw error;
    return `the history tables can't be read (${(error as Error).message}).`;
  } finally {
    await pool.end();
  }
}

/** Undefined where there are no tables, or nothing is in them. */
async function read(db: Queryable, since?: number, until?: number): Promise<Row | undefined> {
  const there = await db.query<{ there: boolean }>(
    `SELECT to_regclass('history.days') IS NOT NULL AND to_regclass('history_fold.checkpoints') IS NOT NULL AS there`,
  );
  if (!there.rows[0]?.there) return undefined;
  const { rows } = await db.query<Row>(FIND, [
    since === undefined ? null : dayOf(since),
    until === undefined ? null : dayOf(until - 1),
  ]);
  return rows[0];
}
