import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { RecordedEvent } from '../../shared/event-log/event-log.ts';
import { userOfStream } from '../../shared/events/streams.ts';

/** An event's time, in milliseconds since 1970: when it was decided, else the log's. What is malformed decoding finds. */
export function eventTime({ metadata, created }: Pick<RecordedEvent, 'metadata' | 'created'>): number {
  const decided = typeof metadata.decidedAt === 'string' ? Date.parse(metadata.decidedAt) : Number.NaN;
  return Number.isNaN(decided) ? created.getTime() : decided;
}

const CREATE = 'CREATE TABLE IF NOT EXISTS as_of_cuts (user_id uuid PRIMARY KEY, revision bigint NOT NULL)';

const LOAD = 'SELECT user_id, revision FROM as_of_cuts WHERE user_id = ANY ($1::uuid[])';

const SAVE = `
INSERT INTO as_of_cuts (user_id, revision) SELECT * FROM unnest($1::uuid[], $2::bigint[])
ON CONFLICT (user_id) DO NOTHING`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Keeps the events up to an instant. What is as of an instant is a beginning of each user's stream: after a user's
 * first later event nothing of theirs is kept, not even what claims an earlier time.
 *
 * Where a user was cut is kept in a table of the schema and not in memory: it is needed again after an interruption,
 * and memory would grow with everybody who did something in the hour that is read beyond the instant. It is written
 * before the rows; since it names the revision, it may be met again before they are.
 */
export class Cuts {
  readonly #db: Queryable;
  readonly #asOf: number;
  #any = false;

  /** @param db its search path is the schema */
  constructor(db: Queryable, asOf: number) {
    this.#db = db;
    this.#asOf = asOf;
  }

  async prepare(): Promise<void> {
    await this.#db.query(CREATE);
    this.#any = (await this.#db.query('SELECT FROM as_of_cuts LIMIT 1')).rowCount === 1;
  }

  async drop(): Promise<void> {
    await this.#db.query('DROP TABLE as_of_cuts');
  }

  /** Those of the next events that are to be applied. */
  async keep(events: readonly RecordedEvent[]): Promise<readonly RecordedEvent[]> {
    if (!this.#any && events.every((event) => eventTime(event) <= this.#asOf)) return events;
    this.#any = true;
    const cut = await this.#load(events);
    const added = new Map<string, number>();
    const kept = events.filter((event) => {
      const userId = userOfStream(event.stream);
      const isLater = eventTime(event) > this.#asOf;
      // Staff's are cut one by one, and reservations change no row; what is no user's stream of ours, decoding says.
      if (userId === undefined || !UUID.test(userId)) return !isLater;
      const from = cut.get(userId);
      if (from !== undefined) return event.revision < from;
      if (!isLater) return true;
      cut.set(userId, event.revision);
      added.set(userId, event.revision);
      return false;
    });
    if (added.size > 0) await this.#db.query(SAVE, [[...added.keys()], [...added.values()]]);
    return kept;
  }

  async #load(events: readonly RecordedEvent[]): Promise<Map<string, number>> {
    const users = new Set(events.flatMap(({ stream }) => userOfStream(stream) ?? []));
    const { rows } = await this.#db.query<{ user_id: string; revision: string }>(LOAD, [
      [...users].filter((id) => UUID.test(id)),
    ]);
    return new Map(rows.map(({ user_id, revision }) => [user_id, Number(revision)]));
  }
}
