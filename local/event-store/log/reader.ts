import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { COLUMNS, type Row, statement, toStoredEvent } from './rows.ts';
import type { StoredEvent } from './stored-event.ts';

const EVENTS = 'event_store.events';

const ALL_FORWARDS = `SELECT ${COLUMNS} FROM ${EVENTS}
  WHERE position >= $1 AND position <= $2 ORDER BY position LIMIT $3`;
const ALL_BACKWARDS = `SELECT ${COLUMNS} FROM ${EVENTS}
  WHERE position < $1 ORDER BY position DESC LIMIT $2`;
const STREAM_FORWARDS = `SELECT ${COLUMNS} FROM ${EVENTS}
  WHERE stream = $1 AND revision >= $2 ORDER BY revision LIMIT $3`;
const STREAM_BACKWARDS = `SELECT ${COLUMNS} FROM ${EVENTS}
  WHERE stream = $1 AND revision <= $2 ORDER BY revision DESC LIMIT $3`;
const STREAM_HAS_EVENTS = `SELECT EXISTS (SELECT FROM ${EVENTS} WHERE stream = $1)`;

/** Reads pages of the log from PostgreSQL. Only committed events are visible to it. */
export class LogReader {
  readonly #pool: Pool;
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** From `position` on, inclusive, up to `end`, inclusive. */
  allForwards(position: number, end: number, limit: number): Promise<StoredEvent[]> {
    return this.#events('all_forwards', ALL_FORWARDS, [position, end, limit]);
  }

  /** From the last one before `position` backwards. */
  allBackwards(position: number, limit: number): Promise<StoredEvent[]> {
    return this.#events('all_backwards', ALL_BACKWARDS, [position, limit]);
  }

  /** From `revision` on, inclusive. */
  streamForwards(stream: string, revision: number, limit: number): Promise<StoredEvent[]> {
    return this.#events('stream_forwards', STREAM_FORWARDS, [stream, revision, limit]);
  }

  /** From `revision` backwards, inclusive. */
  streamBackwards(stream: string, revision: number, limit: number): Promise<StoredEvent[]> {
    return this.#events('stream_backwards', STREAM_BACKWARDS, [stream, revision, limit]);
  }

  async streamHasEvents(stream: string): Promise<boolean> {
    const result = await this.#pool.query<[boolean]>(
      statement('stream_has_events', STREAM_HAS_EVENTS, [stream]),
    );
    return result.rows[0]?.[0] === true;
  }

  async #events(name: string, text: string, values: unknown[]): Promise<StoredEvent[]> {
    const result = await this.#pool.query<Row>(statement(name, text, values));
    return result.rows.map(toStoredEvent);
  }
}
