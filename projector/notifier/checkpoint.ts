import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { CheckpointMoved } from '../errors.ts';
import type { AppliedEvent } from '../feeds/feed.ts';

export const NOTIFICATIONS_SCHEMA = 'notifications';

/** How far the notifier is: everything up to `last` has been turned into what is due. */
export interface NotifierCheckpoint {
  /** undefined where the log was empty when the notifier began. */
  readonly last: AppliedEvent | undefined;
}

interface Row {
  last_event_id: string | null;
  last_event_commit: string;
  last_event_prepare: string;
  last_event_at: Date;
}

const LOAD = `
SELECT last_event_id, last_event_commit, last_event_prepare, last_event_at
FROM notifications.checkpoints WHERE name = 'notifier'`;

/** undefined where no notifier has ever run with this database. */
export async function loadCheckpoint(db: Queryable): Promise<NotifierCheckpoint | undefined> {
  const row = (await db.query<Row>(LOAD)).rows[0];
  if (!row) return undefined;
  const { last_event_id: id, last_event_commit: commit, last_event_prepare: prepare } = row;
  if (id === null) return { last: undefined };
  return {
    last: { id, position: { commit: BigInt(commit), prepare: BigInt(prepare) }, at: row.last_event_at },
  };
}

const valuesOf = (last: AppliedEvent | undefined): unknown[] =>
  last ? [last.id, last.position.commit, last.position.prepare, last.at] : [null, null, null, null];

const BEGIN = `
INSERT INTO notifications.checkpoints (name, last_event_id, last_event_commit, last_event_prepare, last_event_at)
VALUES ('notifier', $1, $2, $3, $4) ON CONFLICT DO NOTHING`;

/** @throws CheckpointMoved another notifier has begun meanwhile */
export async function beginAfter(db: Queryable, last: AppliedEvent | undefined): Promise<NotifierCheckpoint> {
  const { rowCount } = await db.query(BEGIN, valuesOf(last));
  if (rowCount !== 1) throw new CheckpointMoved();
  return { last };
}

const MOVE = `
UPDATE notifications.checkpoints
SET last_event_id = $1, last_event_commit = $2, last_event_prepare = $3, last_event_at = $4, updated_at = now()
WHERE name = 'notifier' AND last_event_id IS NOT DISTINCT FROM $5::uuid`;

/**
 * The first statement of every transaction that enqueues: whoever moves the checkpoint from where it was read holds its
 * row until the commit, and everyone else finds it elsewhere afterwards.
 * @throws CheckpointMoved
 */
export async function moveCheckpoint(
  db: Queryable,
  from: NotifierCheckpoint,
  last: AppliedEvent,
): Promise<void> {
  const { rowCount } = await db.query({
    name: 'notifier_checkpoint_move',
    text: MOVE,
    values: [...valuesOf(last), from.last?.id ?? null],
  });
  if (rowCount !== 1) throw new CheckpointMoved();
}
