import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { comparePositions, type Position, START } from '../../shared/event-log/position.ts';
import { CHECKPOINT_NAME } from '../../shared/read-model/checkpoint.ts';
import { CheckpointMoved } from '../errors.ts';
import type { AppliedEvent } from '../feeds/feed.ts';

/** How far the read models are. */
export interface Checkpoint {
  /** Everything at or before it was applied or parked. */
  readonly position: Position;
  /** The last of those events; undefined before the first. */
  readonly last: AppliedEvent | undefined;
  /** Which build of the read models it belongs to; a rebuild has the next number. */
  readonly build: number;
}

interface CheckpointRow {
  position_commit: string;
  position_prepare: string;
  last_event_id: string | null;
  last_event_commit: string;
  last_event_prepare: string;
  last_event_at: Date;
  generation: number;
}

const positionOf = (commit: string, prepare: string): Position => ({
  commit: BigInt(commit),
  prepare: BigInt(prepare),
});

const COLUMNS = `position_commit, position_prepare,
  last_event_id, last_event_commit, last_event_prepare, last_event_at, generation`;

function toCheckpoint(row: CheckpointRow): Checkpoint {
  const position = positionOf(row.position_commit, row.position_prepare);
  const { generation: build } = row;
  if (row.last_event_id === null) return { position, last: undefined, build };
  return {
    position,
    build,
    last: {
      id: row.last_event_id,
      position: positionOf(row.last_event_commit, row.last_event_prepare),
      at: row.last_event_at,
    },
  };
}

/**
 * The checkpoint; a read model that has none gets one at the start of the log.
 * @param schema where the connection's search path names another one
 */
export async function loadCheckpoint(db: Queryable, schema?: string): Promise<Checkpoint> {
  const table = schema === undefined ? 'checkpoints' : `${schema}.checkpoints`;
  const load = () =>
    db.query<CheckpointRow>(`SELECT ${COLUMNS} FROM ${table} WHERE name = $1`, [CHECKPOINT_NAME]);
  let { rows } = await load();
  if (rows.length === 0) {
    await db.query(
      `INSERT INTO ${table} (name, position_commit, position_prepare, generation) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING`,
      [CHECKPOINT_NAME],
    );
    rows = (await load()).rows;
  }
  return toCheckpoint(rows[0] as CheckpointRow);
}

const MOVE = `
UPDATE checkpoints SET position_commit = $4, position_prepare = $5,
  last_event_id = $6, last_event_commit = $7, last_event_prepare = $8, last_event_at = $9
WHERE name = '${CHECKPOINT_NAME}' AND position_commit = $1 AND position_prepare = $2
  AND last_event_id IS NOT DISTINCT FROM $3::uuid AND generation = $10
RETURNING extract(epoch FROM statement_timestamp()) * 1000 AS now`;

/**
 * The first statement of every transaction that writes read models. Whoever moves the checkpoint from where it was
 * read holds its row until the commit; everyone else finds it elsewhere afterwards.
 * @returns when, in milliseconds since 1970 by PostgreSQL's clock
 * @throws CheckpointMoved
 */
export async function moveCheckpoint(db: Queryable, from: Checkpoint, to: Checkpoint): Promise<number> {
  const { rows } = await db.query<{ now: string }>({
    name: 'checkpoint_move',
    text: MOVE,
    values: [
      from.position.commit,
      from.position.prepare,
      from.last?.id ?? null,
      to.position.commit,
      to.position.prepare,
      to.last?.id ?? null,
      to.last?.position.commit ?? null,
      to.last?.position.prepare ?? null,
      to.last?.at ?? null,
      from.build,
    ],
  });
  if (!rows[0]) throw new CheckpointMoved();
  return Math.trunc(Number(rows[0].now));
}

export const AT_START: Checkpoint = { position: START, last: undefined, build: 0 };

/** The checkpoint after `last` and at least at `position`; it never goes back. */
export function advanced(from: Checkpoint, last: AppliedEvent | undefined, position: Position): Checkpoint {
  const candidates = [from.position, position, ...(last ? [last.position] : [])];
  const furthest = candidates.reduce((a, b) => (comparePositions(a, b) < 0 ? b : a));
  return { ...from, position: furthest, last: last ?? from.last };
}
