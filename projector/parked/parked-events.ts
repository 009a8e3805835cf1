import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { DecodedEvent } from '../write/decode.ts';

/** Why an event is parked that follows another one. */
export const AFTER_ANOTHER = 'an earlier event of this user is parked';

export interface ParkedEvent {
  readonly decoded: DecodedEvent;
  readonly cause: string;
}

/** Users with parked events → the revision of the last one. */
export type ParkedUsers = ReadonlyMap<string, number>;

/** A row of `parked_events` as far as settling it needs. */
export interface ParkedRow {
  readonly event_id: string;
  readonly user_id: string;
  readonly revision: string;
  readonly type: string;
  readonly cause: string;
  readonly mark: 'parked' | 'retry' | 'skip';
  readonly created_at: Date;
}

export async function loadParkedUsers(db: Queryable): Promise<Map<string, number>> {
  const { rows } = await db.query<{ user_id: string; last: string }>(
    'SELECT user_id, max(revision) AS last FROM parked_events GROUP BY user_id',
  );
  return new Map(rows.map(({ user_id, last }) => [user_id, Number(last)]));
}

/** The events that an operator skipped. */
export async function loadSkipped(db: Queryable): Promise<Set<string>> {
  const { rows } = await db.query<{ event_id: string }>('SELECT event_id FROM skipped_events');
  return new Set(rows.map(({ event_id }) => event_id));
}

const PARK = `
INSERT INTO parked_events (event_id, user_id, stream, revision, position_commit, position_prepare, type, cause,
  attempts, mark, created_at)
SELECT event_id, user_id, stream, revision, position_commit, position_prepare, type, cause, 1, 'parked', created_at
FROM json_to_recordset($1) AS row (event_id uuid, user_id uuid, stream text, revision bigint,
  position_commit bigint, position_prepare bigint, type text, cause text, created_at timestamptz)`;

export async function park(db: Queryable, events: readonly ParkedEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ decoded: { recorded, userId }, cause }) => ({
    event_id: recorded.id,
    user_id: userId,
    stream: recorded.stream,
    revision: recorded.revision,
    position_commit: String(recorded.position.commit),
    position_prepare: String(recorded.position.prepare),
    type: recorded.event.type,
    cause,
    created_at: recorded.created,
  }));
  await db.query(PARK, [JSON.stringify(rows)]);
}

/** Every parked event of the users whose first one is marked: nothing can be settled before it. */
const MARKED = `
SELECT p.event_id, p.user_id, p.revision, p.type, p.cause, p.mark, p.created_at
FROM parked_events p
JOIN (
  SELECT DISTINCT ON (user_id) user_id, mark FROM parked_events ORDER BY user_id, revision
) first ON first.user_id = p.user_id AND first.mark <> 'parked'
ORDER BY p.user_id, p.revision`;

/** Users to settle → their parked events, in order. */
export async function loadMarked(db: Queryable): Promise<Map<string, ParkedRow[]>> {
  const { rows } = await db.query<ParkedRow>(MARKED);
  return Map.groupBy(rows, (row) => row.user_id);
}

export interface Settlement {
  /** Applied, or skipped: no longer parked. */
  readonly settled: readonly ParkedRow[];
  /** Of these, the skipped ones. */
  readonly skipped: readonly ParkedRow[];
  /** The one that failed again, if one did. */
  readonly failed: { readonly row: ParkedRow; readonly cause: string } | undefined;
}

export async function saveSettlement(db: Queryable, settlement: Settlement): Promise<void> {
  const { settled, skipped, failed } = settlement;
  await db.query('DELETE FROM parked_events WHERE event_id = ANY ($1::uuid[])', [
    settled.map(({ event_id }) => event_id),
  ]);
  await db.query(
    `INSERT INTO skipped_events (event_id, user_id, revision, type, cause, created_at)
     SELECT event_id, user_id, revision, type, cause, created_at
     FROM json_to_recordset($1) AS row (event_id uuid, user_id uuid, revision bigint, type text, cause text,
       created_at timestamptz) ON CONFLICT DO NOTHING`,
    [JSON.stringify(skipped)],
  );
  if (!failed) return;
  await db.query(
    `UPDATE parked_events SET mark = 'parked', attempts = attempts + 1, cause = $2 WHERE event_id = $1`,
    [failed.row.event_id, failed.cause],
  );
}
