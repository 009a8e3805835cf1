import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { CheckpointMoved } from '../errors.ts';
import type { AppliedEvent } from '../feeds/feed.ts';

export const RELAY_SCHEMA = 'relay';

/** How far a topic is. */
export interface RelayCheckpoint {
  readonly topic: string;
  readonly partitions: number;
  readonly last: AppliedEvent | undefined;
  /** By partition, the offset after the last record that was sent; 0 where none was. */
  readonly ends: readonly bigint[];
}

interface Row {
  partitions: number;
  last_event_id: string | null;
  last_event_commit: string;
  last_event_prepare: string;
  last_event_at: Date;
  ends: string[];
}

const LOAD = `
SELECT partitions, last_event_id, last_event_commit, last_event_prepare, last_event_at, ends
FROM relay.checkpoints WHERE topic = $1`;

export async function loadCheckpoint(db: Queryable, topic: string): Promise<RelayCheckpoint | undefined> {
  const row = (await db.query<Row>(LOAD, [topic])).rows[0];
  if (!row) return undefined;
  const { partitions, last_event_id: id, last_event_commit: commit, last_event_prepare: prepare } = row;
  const position = { commit: BigInt(commit ?? 0), prepare: BigInt(prepare ?? 0) };
  return {
    topic,
    partitions,
    last: id === null ? undefined : { id, position, at: row.last_event_at },
    ends: row.ends.map(BigInt),
  };
}

/** Remembers a topic that nothing was sent to yet. @throws CheckpointMoved another relay has, meanwhile */
export async function rememberTopic(
  db: Queryable,
  topic: string,
  partitions: number,
): Promise<RelayCheckpoint> {
  const ends = Array.from({ length: partitions }, () => 0n);
  const { rowCount } = await db.query(
    'INSERT INTO relay.checkpoints (topic, partitions, ends) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [topic, partitions, ends.map(String)],
  );
  if (rowCount !== 1) throw new CheckpointMoved();
  return { topic, partitions, last: undefined, ends };
}

const MOVE = `
UPDATE relay.checkpoints
SET last_event_id = $3, last_event_commit = $4, last_event_prepare = $5, last_event_at = $6, ends = $7, updated_at = now()
WHERE topic = $1 AND last_event_id IS NOT DISTINCT FROM $2::uuid`;

/** @throws CheckpointMoved it is not where it was read: another relay sends */
export async function moveCheckpoint(
  db: Queryable,
  from: RelayCheckpoint,
  last: AppliedEvent,
  ends: ReadonlyMap<number, bigint>,
): Promise<RelayCheckpoint> {
  const to = { ...from, last, ends: from.ends.map((end, partition) => ends.get(partition) ?? end) };
  const { rowCount } = await db.query({
    name: 'relay_checkpoint_move',
    text: MOVE,
    values: [
      from.topic,
      from.last?.id ?? null,
      last.id,
      last.position.commit,
      last.position.prepare,
      last.at,
      to.ends.map(String),
    ],
  });
  if (rowCount !== 1) throw new CheckpointMoved();
  return to;
}
