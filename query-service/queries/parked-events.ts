import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { formatPosition, type Position } from '../../shared/event-log/position.ts';

/** An event that could not be projected, or that waits behind one of the same user. */
export interface ParkedRow {
  readonly event_id: string;
  readonly user_id: string;
  readonly revision: string;
  readonly position_commit: string;
  readonly position_prepare: string;
  readonly type: string;
  readonly cause: string;
  readonly attempts: number;
  readonly mark: 'parked' | 'retry' | 'skip';
  readonly created_at: Date;
}

const PARKED = `
SELECT event_id, user_id, revision, position_commit, position_prepare, type, cause, attempts, mark, created_at
FROM read_model.parked_events
WHERE $1::bigint IS NULL OR (position_commit, position_prepare) > ($1, $2)
ORDER BY position_commit, position_prepare LIMIT $3`;

/** In the order of the log, from the one behind `after` on; at most `limit`. */
export async function parkedEvents(
  db: Queryable,
  { after, limit }: { readonly after: Position | undefined; readonly limit: number },
): Promise<ParkedRow[]> {
  const values = [after ? String(after.commit) : null, after ? String(after.prepare) : null, limit];
  const { rows } = await db.query<ParkedRow>(PARKED, values);
  return rows;
}

export const positionOfParked = (row: ParkedRow): string =>
  formatPosition({ commit: BigInt(row.position_commit), prepare: BigInt(row.position_prepare) });
