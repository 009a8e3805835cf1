import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { EventLog } from '../../shared/event-log.ts';
import { comparePositions, type Position } from '../../shared/events/position.ts';
import { userOfStream } from '../../shared/events/streams.ts';
import { Problem } from '../../shared/http/problems/problem.ts';
import { timeOfUuidv7 } from '../../shared/ids.ts';
import { LEVEL, Level, type LevelColumns } from '../../shared/read-model/level.ts';
import { untilTrue } from './until-true.ts';

/**
 * Whose subscription or license an id names. On the write side only a user's own stream knows its ids, so an
 * operator's command, which names the id alone, needs this index; a user's own command does not.
 */
export interface OwnerIndex {
  /**
   * The owner's user id; undefined if there is no such subscription or license.
   * @throws Problem read_model_behind, read_model_parked: it can't be told
   * @throws the driver's error while PostgreSQL is away
   */
  ownerOf(kind: 'subscription' | 'license', id: string, signal: AbortSignal): Promise<string | undefined>;
}

export interface OwnersOptions {
  readonly pool: Queryable;
  readonly log: Pick<EventLog, 'readAll'>;
  /** How long an id that is not found is waited for while the read model is behind; default 1 s. */
  readonly waitMs?: number;
}

interface Found extends LevelColumns {
  readonly user_id: string | null;
  readonly parked: boolean;
}

// One statement each: the row, and as of when it is there or not there.
const AS_OF = `
  level.partitions, level.checkpoints,
  EXISTS (SELECT FROM read_model.parked_events WHERE mark <> 'skip') AS parked
FROM (${LEVEL}) level`;

/** The id's time part is the start date, which names the partition. */
const OWNER_OF_SUBSCRIPTION = `
SELECT (SELECT user_id FROM read_model.subscriptions WHERE subscription_id = $1 AND start_date = $2) AS user_id,${AS_OF}`;

const OWNER_OF_LICENSE = `
SELECT (SELECT user_id FROM read_model.licenses WHERE license_id = $1) AS user_id,${AS_OF}`;

/**
 * Events that are looked at for the last one of each lane: others' among them (an EventStoreDB's own statistics), and as
 * many of the other lanes as chance has it.
 */
const MAX_LOOKED_AT = 1_000;

/**
 * The read model as a mere index: who it says is the owner is looked at again by the decider, in the owner's own
 * state. Where it knows no owner it is believed only once it has reached the log's end as it was when the command
 * came.
 */
export function createOwnerIndex({ pool, log, waitMs = 1_000 }: OwnersOptions): OwnerIndex {
  async function look(kind: 'subscription' | 'license', id: string): Promise<Found> {
    const time = timeOfUuidv7(id);
    const { rows } =
      kind === 'license'
        ? await pool.query<Found>(OWNER_OF_LICENSE, [id])
        : await pool.query<Found>(OWNER_OF_SUBSCRIPTION, [id, new Date(time ?? 0)]);
    return rows[0] as Found;
  }

  /** How far each lane has to be to hold all that the log holds now; those that are that far are left out. */
  async function behind(level: Level): Promise<ReadonlyMap<string, Position>> {
    const wanted = new Map<string, Position>();
    const unseen = new Set(level.lanes);
    const { hindmost } = level;
    let read = 0;
    for await (const { stream, position } of log.readAll({ direction: 'backwards', limit: MAX_LOOKED_AT })) {
      if (unseen.size === 0 || comparePositions(position, hindmost) <= 0) return wanted;
      read += 1;
      const userId = userOfStream(stream);
      const lane = userId === undefined ? undefined : level.laneOf(userId);
      // The first that is met is the lane's last: the others lie before it.
      if (lane === undefined || !unseen.delete(lane)) continue;
      if (comparePositions(position, level.at(lane)) > 0) wanted.set(lane, position);
    }
    if (read === MAX_LOOKED_AT && unseen.size > 0) throw new Problem('read_model_behind');
    return wanted;
  }

  return {
    async ownerOf(kind, id, signal) {
      // Ids are made as UUIDv7; another one names nothing here.
      if (timeOfUuidv7(id) === undefined) return undefined;
      let found = await look(kind, id);
      if (found.user_id !== null) return found.user_id;
      const wanted = await behind(new Level(found));
      if (wanted.size > 0) {
        const there = await untilTrue(waitMs, signal, async () => {
          found = await look(kind, id);
          const level = new Level(found);
          const reached = wanted.entries().every(([lane, end]) => comparePositions(level.at(lane), end) >= 0);
          return found.user_id !== null || reached;
        });
        if (!there) throw new Problem('read_model_behind');
      }
      if (found.user_id === null && found.parked) throw new Problem('read_model_parked');
      return found.user_id ?? undefined;
    },
  };
}
