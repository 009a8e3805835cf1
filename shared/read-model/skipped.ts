import type { Queryable } from '../adapters/postgres/pool.ts';

const SKIPPED = 'SELECT event_id FROM read_model.skipped_events WHERE user_id = $1';

/** Ids of a user's events that operators have skipped: the read models are without them, and so is whatever is folded beside them. */
export async function loadSkipped(db: Queryable, userId: string): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ event_id: string }>({
    name: 'skipped_of',
    text: SKIPPED,
    values: [userId],
  });
  return new Set(rows.map(({ event_id }) => event_id));
}
