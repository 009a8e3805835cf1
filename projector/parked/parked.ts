import type { Queryable } from '../../shared/adapters/postgres/pool.ts';

/** A parked event as an operator sees it. */
export interface ListedEvent {
  readonly event_id: string;
  readonly user_id: string;
  readonly revision: string;
  readonly type: string;
  readonly attempts: number;
  readonly mark: 'parked' | 'retry' | 'skip';
  readonly created_at: Date;
  readonly cause: string;
}

/** What is to be marked: one event, a user's first, or every user's first. */
export type Marking = { readonly eventId: string } | { readonly userId: string } | { readonly all: true };

/** Only the first parked event of a user can be settled: the later ones follow. */
export interface Marked {
  readonly marked: readonly ListedEvent[];
  /** The event asked for comes after this one of the same user, which has to be settled first. */
  readonly first: ListedEvent | undefined;
}

const COLUMNS = 'event_id, user_id, revision, type, attempts, mark, created_at, cause';

/** Every parked event, user by user. */
export async function listParked(db: Queryable): Promise<ListedEvent[]> {
  const { rows } = await db.query<ListedEvent>(
    `SELECT ${COLUMNS} FROM read_model.parked_events ORDER BY position_commit, position_prepare`,
  );
  return rows;
}

const FIRSTS = `
SELECT DISTINCT ON (user_id) ${COLUMNS} FROM read_model.parked_events
WHERE $1::uuid IS NULL OR user_id = $1
   OR user_id = (SELECT user_id FROM read_model.parked_events WHERE event_id = $1)
ORDER BY user_id, revision`;

/**
 * Marks events for the active projector, which settles them within a second or so: `retry` applies the event and the
 * later ones of its user, `skip` leaves it out and applies the later ones.
 */
export async function markParked(db: Queryable, marking: Marking, mark: 'retry' | 'skip'): Promise<Marked> {
  const id = 'all' in marking ? null : 'eventId' in marking ? marking.eventId : marking.userId;
  const { rows: firsts } = await db.query<ListedEvent>(FIRSTS, [id]);
  const first =
    'eventId' in marking ? firsts.find(({ event_id }) => event_id !== marking.eventId) : undefined;
  if (first) return { marked: [], first };
  const { rows } = await db.query<ListedEvent>(
    `UPDATE read_model.parked_events SET mark = $2 WHERE event_id = ANY ($1::uuid[]) RETURNING ${COLUMNS}`,
    [firsts.map(({ event_id }) => event_id), mark],
  );
  return { marked: rows, first: undefined };
}
