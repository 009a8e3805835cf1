import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { comparePositions, type Position, parsePosition } from '../../shared/events/position.ts';
import { Level } from '../../shared/read-model/level.ts';
import type { AppliedEvent } from '../feeds/feed.ts';
import { describeOwner, hasFeedOwner, readOwner } from '../kafka/feed-owner.ts';

/** The live read models as a rebuild finds them: who writes them, and how far they are. */
export interface Live {
  /** Who writes them, for comparing and for messages. */
  readonly owner: string;
  readonly level: Level;
  /** Whether each partition of a topic has a checkpoint of its own. */
  readonly lanes: boolean;
  /** The last event of each lane that has one. */
  readonly last: readonly AppliedEvent[];
  /** No event behind it is in any row; undefined before the first. */
  readonly reach: Position | undefined;
  /** Every event up to there is in the rows: true for the direct feed, unless it has taken over from lanes. */
  readonly whole: boolean;
  /** The highest of the lanes' builds. */
  readonly generation: number;
}

interface LaneRow {
  readonly name: string;
  readonly position: string;
  readonly generation: number;
  readonly last_event_id: string | null;
  readonly last_position: string | null;
  readonly last_event_at: Date | null;
}

const lanesOf = (schema: string) => `
SELECT name, position_commit || '/' || position_prepare AS position, generation,
  last_event_id, last_event_commit || '/' || last_event_prepare AS last_position, last_event_at
FROM ${schema}.checkpoints`;

/** What was parked has been seen as well. One pass over the users: 0.15 s a million. */
const furthestOf = (schema: string) => `
SELECT position_commit || '/' || position_prepare AS position FROM (
  (SELECT position_commit, position_prepare FROM ${schema}.users ORDER BY 1 DESC, 2 DESC LIMIT 1)
  UNION ALL
  (SELECT position_commit, position_prepare FROM ${schema}.parked_events ORDER BY 1 DESC, 2 DESC LIMIT 1)
) AS seen`;

const later = (a: Position, b: Position): Position => (comparePositions(a, b) < 0 ? b : a);

/** Reads the state of a schema, by a connection that sees it as of one moment. */
export async function readLive(db: Queryable, schema: string): Promise<Live> {
  const owner = await readOwner(db, schema);
  const { rows } = await db.query<LaneRow>(lanesOf(schema));
  const partitions = owner.feed === 'kafka' ? owner.partitions : null;
  const checkpoints = Object.fromEntries(rows.map(({ name, position }) => [name, position]));
  const level = new Level({ partitions, checkpoints });
  const last = rows.filter(({ name }) => level.lanes.includes(name)).flatMap(toLast);
  const whole = partitions === null && !(await wasOwned(db, schema));
  const seen = whole ? [] : (await db.query<{ position: string }>(furthestOf(schema))).rows;
  const reached = [
    ...last.map(({ position }) => position),
    ...seen.map(({ position }) => parsePosition(position) as Position),
  ];
  return {
    owner: describeOwner(owner),
    level,
    lanes: partitions !== null,
    last,
    whole,
    reach: reached.length > 0 ? reached.reduce(later) : undefined,
    generation: Math.max(0, ...rows.map(({ generation }) => generation)),
  };
}

function toLast({ last_event_id: id, last_position: text, last_event_at: at }: LaneRow): AppliedEvent[] {
  const position = parsePosition(text ?? '');
  return id === null || !position || !at ? [] : [{ id, position, at }];
}

/**
 * Whether the feed was changed before: the direct one takes over where the last of the lanes was, so that users of the
 * others are ahead of it at first.
 */
async function wasOwned(db: Queryable, schema: string): Promise<boolean> {
  if (!(await hasFeedOwner(db, schema))) return false;
  return (await db.query(`SELECT FROM ${schema}.feed_owner`)).rowCount === 1;
}
