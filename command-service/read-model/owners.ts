import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { EventLog } from '../../shared/event-log/event-log.ts';
import { comparePositions, type Position } from '../../shared/event-log/position.ts';
import { STREAM_PREFIXES } from '../../shared/events/streams.ts';
import { Problem } from '../../shared/http/problems/problem.ts';
import { timeOfUuidv7 } from '../../shared/ids.ts';
import { CHECKPOINT, positionOf } from '../../shared/read-model/checkpoint.ts';
import { untilTrue } from './until-true.ts';

/** What belongs to one user. */
export type OwnedKind = 'subscription' | 'license' | 'license key';

/**
 * Whose subscription, license or license key an id names. On the write side only a user's own stream knows its ids, so an
 * operator's command, which names the id alone, needs this index; a user's own command does not.
 */
export interface OwnerIndex {
  /**
   * The owner's user id; undefined if there is no such thing.
   * @throws Problem read_model_behind, read_model_parked (too many users are): it can't be told
   * @throws the driver's error while PostgreSQL is unreachable
   */
  ownerOf(kind: OwnedKind, id: string, signal: AbortSignal): Promise<string | undefined>;
}

export interface OwnersOptions {
  readonly pool: Queryable;
  readonly log: Pick<EventLog, 'readAll' | 'readStream'>;
  /** How long an id that is not found is waited for while the read model has not caught up; default 1 s. */
  readonly waitMs?: number;
}

interface Found {
  readonly user_id: string | null;
  readonly commit: string | null;
  readonly prepare: string | null;
  readonly parked: boolean;
}

// One statement each: the row, and as of when it is there or not there.
const AS_OF = `
  c.position_commit::text AS commit, c.position_prepare::text AS prepare,
  EXISTS (SELECT FROM read_model.parked_events WHERE mark <> 'skip') AS parked
FROM ${CHECKPOINT}`;

/** The id's time part is the start date, which names the partition. */
const OWNER_OF_SUBSCRIPTION = `
SELECT (SELECT user_id FROM read_model.subscriptions WHERE subscription_id = $1 AND start_date = $2) AS user_id,${AS_OF}`;

const OWNER_OF_LICENSE = `
SELECT (SELECT user_id FROM read_model.licenses WHERE license_id = $1) AS user_id,${AS_OF}`;

const OWNER_OF_LICENSE_KEY = `
SELECT (SELECT user_id FROM read_model.license_keys WHERE key_id = $1) AS user_id,${AS_OF}`;

/** Events of others (an EventStoreDB's own statistics) that are looked past for the last one of this system. */
const MAX_OTHERS = 1_000;

/** Users with parked events whose streams are looked through for an id that the read model does not have. */
const MAX_PARKED = 20;

const PARKED_STREAMS = `
SELECT user_id, stream, min(revision)::float8 AS revision FROM read_model.parked_events WHERE mark <> 'skip'
GROUP BY user_id, stream ORDER BY user_id LIMIT ${MAX_PARKED + 1}`;

interface ParkedStream {
  readonly user_id: string;
  readonly stream: string;
  readonly revision: number;
}

const reached = ({ commit, prepare }: Found): Position => positionOf(commit, prepare);

/**
 * The read model as a mere index: who it says is the owner is looked at again by the decider, in the owner's own
 * state. Where it knows no owner it is believed only once it has reached the log's end as it was when the command
 * came.
 */
export function createOwnerIndex({ pool, log, waitMs = 1_000 }: OwnersOptions): OwnerIndex {
  async function look(kind: OwnedKind, id: string): Promise<Found> {
    const time = timeOfUuidv7(id);
    const { rows } =
      kind === 'subscription'
        ? await pool.query<Found>(OWNER_OF_SUBSCRIPTION, [id, new Date(time ?? 0)])
        : await pool.query<Found>(kind === 'license' ? OWNER_OF_LICENSE : OWNER_OF_LICENSE_KEY, [id]);
    return rows[0] as Found;
  }

  /** The last event of this system after `position`; undefined if there is none. */
  async function lastAfter(position: Position): Promise<Position | undefined> {
    let read = 0;
    for await (const event of log.readAll({ direction: 'backwards', limit: MAX_OTHERS })) {
      if (comparePositions(event.position, position) <= 0) return undefined;
      if (STREAM_PREFIXES.some((prefix) => event.stream.startsWith(prefix))) return event.position;
      read += 1;
    }
    if (read === MAX_OTHERS) throw new Problem('read_model_behind');
    return undefined;
  }

  /**
   * The user whose parked events name the id: what made it may be among them.
   * @throws Problem read_model_parked: too many users have some
   */
  async function ownerAmongParked(id: string, signal: AbortSignal): Promise<string | undefined> {
    const { rows } = await pool.query<ParkedStream>(PARKED_STREAMS);
    for (const { user_id: userId, stream, revision } of rows.slice(0, MAX_PARKED)) {
      for await (const { data } of log.readStream(stream, { from: revision, signal }))
        if (Object.values(data).includes(id)) return userId;
    }
    if (rows.length > MAX_PARKED) throw new Problem('read_model_parked');
    return undefined;
  }

  return {
    async ownerOf(kind, id, signal) {
      // Ids are made as UUIDv7; another one names nothing here.
      if (timeOfUuidv7(id) === undefined) return undefined;
      let found = await look(kind, id);
      if (found.user_id !== null) return found.user_id;
      const end = await lastAfter(reached(found));
      if (end !== undefined) {
        const there = await untilTrue(waitMs, signal, async () => {
          found = await look(kind, id);
          return found.user_id !== null || comparePositions(reached(found), end) >= 0;
        });
        if (!there) throw new Problem('read_model_behind');
      }
      if (found.user_id === null && found.parked) return ownerAmongParked(id, signal);
      return found.user_id ?? undefined;
    },
  };
}
