import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { comparePositions, type Position, START } from '../../shared/events/position.ts';
import { CheckpointMoved, FeedNotOwned } from '../errors.ts';
import type { AppliedEvent } from '../feeds/feed.ts';
import { describeOwner, isOwner, ownerValues, readOwner } from '../kafka/feed-owner.ts';
import { DIRECT, type Lane } from '../kafka/lane.ts';

/** How far a lane of the read models is. */
export interface Checkpoint {
  /** Everything at or before it was applied or parked. */
  readonly position: Position;
  /** The last of those events; undefined before the first. Repeated by Kafka, it may stand before `position`. */
  readonly last: AppliedEvent | undefined;
  /** Which build of the read models it belongs to; a rebuild and a change of the feed have the next number. */
  readonly generation: number;
}

interface CheckpointRow {
  name: string;
  position_commit: string;
  position_prepare: string;
  last_event_id: string | null;
  last_event_commit: string;
  last_event_prepare: string;
  last_event_at: Date;
  generation: number;
  kafka_offset: string | null;
}

const positionOf = (commit: string, prepare: string): Position => ({
  commit: BigInt(commit),
  prepare: BigInt(prepare),
});

/** Through JSON, because a rebuild also reads the live schema of an older version, which has no such column. */
const COLUMNS = `name, position_commit, position_prepare,
  last_event_id, last_event_commit, last_event_prepare, last_event_at, generation,
  to_jsonb(checkpoints) ->> 'kafka_offset' AS kafka_offset`;

function toCheckpoint(row: CheckpointRow): Checkpoint {
  const position = positionOf(row.position_commit, row.position_prepare);
  const { generation } = row;
  if (row.last_event_id === null) return { position, last: undefined, generation };
  return {
    position,
    generation,
    last: {
      id: row.last_event_id,
      position: positionOf(row.last_event_commit, row.last_event_prepare),
      at: row.last_event_at,
      offset: row.kafka_offset === null ? undefined : BigInt(row.kafka_offset),
    },
  };
}

/**
 * Every lane's checkpoint by its name, as all writers have left them; none writes until the transaction ends. It is the
 * table that is locked: rows alone would not keep off a writer that has yet to look at the feed's owner.
 */
export async function lockCheckpoints(db: Queryable): Promise<Map<string, Checkpoint>> {
  await db.query('LOCK TABLE checkpoints IN EXCLUSIVE MODE');
  const { rows } = await db.query<CheckpointRow>(`SELECT ${COLUMNS} FROM checkpoints`);
  return new Map(rows.map((row) => [row.name, toCheckpoint(row)]));
}

/**
 * A lane's checkpoint; a read model that has none gets one at the start of the log.
 * @param schema where the connection's search path names another one
 * @throws FeedNotOwned there is none, and the lane's feed may not write
 */
export async function loadCheckpoint(
  db: Queryable,
  schema?: string,
  { name, owner }: Lane = DIRECT,
): Promise<Checkpoint> {
  const table = schema === undefined ? 'checkpoints' : `${schema}.checkpoints`;
  const load = () => db.query<CheckpointRow>(`SELECT ${COLUMNS} FROM ${table} WHERE name = $1`, [name]);
  let { rows } = await load();
  if (rows.length === 0) {
    const found = await readOwner(db, schema);
    if (!isOwner(found, owner)) throw new FeedNotOwned(describeOwner(owner), describeOwner(found));
    await db.query(
      `INSERT INTO ${table} (name, position_commit, position_prepare, generation) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING`,
      [name],
    );
    rows = (await load()).rows;
  }
  return toCheckpoint(rows[0] as CheckpointRow);
}

/*
 * The owner's row is read and not locked: nobody changes it without the lock on the checkpoints' table, which waits for
 * every transaction that has moved a checkpoint and holds up the others. One that waits there takes its snapshot
 * afterwards, since PostgreSQL has a statement's table locks before it (READ COMMITTED), so it sees the new owner; and
 * it finds its own row gone, and none of its generation. A row lock (FOR SHARE) says no more, and with lanes side by
 * side nearly every transaction would write a MultiXact for that one row.
 *
 * The owner is looked at behind the target table and not in a WITH in front: then a writer that waits for the
 * checkpoints' table holds no lock on the other, which a rebuild's switch would wait for in turn.
 */
const MOVE = `
UPDATE checkpoints SET position_commit = $6, position_prepare = $7,
  last_event_id = $8, last_event_commit = $9, last_event_prepare = $10, last_event_at = $11, kafka_offset = $12
WHERE name = $1 AND position_commit = $2 AND position_prepare = $3 AND last_event_id IS NOT DISTINCT FROM $4::uuid
  AND kafka_offset IS NOT DISTINCT FROM $5::bigint AND generation = $13
  AND COALESCE((
    SELECT (feed, topic, partitions) IS NOT DISTINCT FROM ($14::text, $15::text, $16::integer)
    FROM feed_owner WHERE singleton
  ), $14::text = 'event_store')`;

/**
 * The first statement of every transaction that writes read models. Whoever moves the checkpoint from where it was
 * read holds its row until the commit, and with its table the feed's owner; everyone else finds it elsewhere afterwards.
 * @throws CheckpointMoved, FeedNotOwned
 */
export async function moveCheckpoint(
  db: Queryable,
  { name, owner }: Lane,
  from: Checkpoint,
  to: Checkpoint,
): Promise<void> {
  const { rowCount } = await db.query({
    name: 'checkpoint_move',
    text: MOVE,
    values: [
      name,
      from.position.commit,
      from.position.prepare,
      from.last?.id ?? null,
      from.last?.offset ?? null,
      to.position.commit,
      to.position.prepare,
      to.last?.id ?? null,
      to.last?.position.commit ?? null,
      to.last?.position.prepare ?? null,
      to.last?.at ?? null,
      to.last?.offset ?? null,
      from.generation,
      ...ownerValues(owner),
    ],
  });
  if (rowCount === 1) return;
  const found = await readOwner(db);
  if (!isOwner(found, owner)) throw new FeedNotOwned(describeOwner(owner), describeOwner(found));
  throw new CheckpointMoved();
}

export const AT_START: Checkpoint = { position: START, last: undefined, generation: 0 };

/** The checkpoint behind `last` and at least at `position`; it never goes back. */
export function advanced(from: Checkpoint, last: AppliedEvent | undefined, position: Position): Checkpoint {
  const candidates = [from.position, position, ...(last ? [last.position] : [])];
  const furthest = candidates.reduce((a, b) => (comparePositions(a, b) < 0 ? b : a));
  return { ...from, position: furthest, last: last ?? from.last };
}
