import { LRUCache } from 'lru-cache';
import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { EventStoreUnavailable, StreamDeleted } from '../../../shared/event-log/errors.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import type { EventReader } from '../../../shared/events/codec.ts';
import { userStream } from '../../../shared/events/streams.ts';
import type { PersonalEventType, Recorded, UserEvent } from '../../../shared/events/types.ts';
import { Timeline, type TimelineEntry } from '../../../shared/history/timeline.ts';
import type { UserRows } from '../../../shared/history/user-rows.ts';
import { shownPart } from '../../../shared/read-model/fold/event.ts';
import { loadSkipped } from '../../../shared/read-model/skipped.ts';
import { type DataKey, ERASED, type Erased } from '../../../shared/vault/personal.ts';
import type { Vault } from '../../../shared/vault/vault.ts';
import { readDataKeys } from '../../data-keys.ts';

/** A user right after one of their events. */
export interface After {
  readonly fault?: never;
  readonly rows: UserRows;
  /** The event's time, never before that of the one before it: milliseconds since 1970. */
  readonly at: number;
  /** They have been erased since: nothing that names them may be told any more. */
  readonly erased: boolean;
}

/** Why the read models don't hold an event: then nobody can say what it led to. */
export interface LeftOut {
  readonly fault: string;
}

export interface UserStatesOptions {
  readonly log: Pick<EventLog, 'readStream'>;
  readonly reader: EventReader;
  readonly vault: Pick<Vault, 'dataKeys'>;
  /** Of the read models: which events an operator has skipped. */
  readonly db: Queryable;
}

interface Kept {
  readonly timeline: Timeline;
  readonly erased: boolean;
}

/** Rows in all states that are kept, together: about 50 MB. */
const MAX_ROWS = 100_000;

/** As many rows as it holds, roughly. A giant counts as half of the memory: it is kept too, or each of its events read all of it. */
const sizeOf = ({ timeline }: Kept): number => {
  const { active, deactivated, revoked } = timeline.state.counts;
  return Math.min(4 + active + deactivated + revoked, MAX_ROWS / 2);
};

/**
 * The states of users as of their events, in the order of the log: folded from their streams as the read models are, and kept
 * in a bounded memory, so that a user who is busy is read once. Read models can't say it: they have gone on.
 */
export class UserStates {
  readonly #options: UserStatesOptions;
  readonly #kept = new LRUCache<string, Kept>({ maxSize: MAX_ROWS, sizeCalculation: sizeOf });

  constructor(options: UserStatesOptions) {
    this.#options = options;
  }

  forget(): void {
    this.#kept.clear();
  }

  /**
   * The user right after the event. One event of a user at a time, in order.
   * @throws FeedStop, VaultUnavailable, EventStoreUnavailable; UnknownEvent; or an error of PostgreSQL
   */
  async after(recorded: Recorded<UserEvent>): Promise<After | LeftOut> {
    const { userId } = recorded.event.data;
    const kept = await this.#before(recorded, this.#kept.get(userId));
    const { timeline, erased } = kept;
    const entry =
      timeline.next === recorded.revision ? timeline.add(recorded) : await this.#read(timeline, recorded);
    if (!entry) return { fault: 'the stream was deleted by hand' };
    this.#keep(userId, kept, entry);
    if (entry.fault !== undefined) return { fault: entry.fault };
    return { rows: timeline.state, at: timeline.latest, erased };
  }

  /** What is parked may be retried or skipped: it is judged again at the next event. */
  #keep(userId: string, kept: Kept, { fault, recorded }: TimelineEntry): void {
    if (fault === undefined && recorded.event.type !== 'UserErased') this.#kept.set(userId, kept);
    else this.#kept.delete(userId);
  }

  async #before({ event, revision }: Recorded<UserEvent>, kept: Kept | undefined): Promise<Kept> {
    // An earlier one than is kept: a replay.
    if (kept && kept.timeline.next <= revision) return kept;
    const { reader, db, vault } = this.#options;
    const { userId } = event.data;
    const key = (await readDataKeys(vault, [userId])).get(userId) as DataKey | Erased;
    const timeline = new Timeline({
      userId,
      reader,
      skipped: await loadSkipped(db, userId),
      open: (recorded) => {
        const sealed = shownPart(recorded);
        if (sealed === undefined) return undefined;
        return reader.unseal(recorded.event.type as PersonalEventType, sealed, key);
      },
    });
    return { timeline, erased: key === ERASED };
  }

  /** Reads on, up to the event; undefined where there is nothing to read any more. */
  async #read(
    timeline: Timeline,
    { event, revision, id }: Recorded<UserEvent>,
  ): Promise<TimelineEntry | undefined> {
    const from = timeline.next;
    const events = this.#options.log.readStream(userStream(event.data.userId), {
      from,
      limit: revision - from + 1,
    });
    let last: TimelineEntry | undefined;
    try {
      for await (const entry of timeline.entries(events, Number.POSITIVE_INFINITY)) last = entry;
    } catch (error) {
      if (error instanceof StreamDeleted) return undefined;
      throw error;
    }
    if (last?.recorded.id === id) return last;
    throw new EventStoreUnavailable({ cause: new Error(`the stream of ${id} ended before it`) });
  }
}
