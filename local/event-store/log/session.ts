import {
  ADVISORY_LOCKS,
  releaseAdvisoryLock,
  takeAdvisoryLock,
} from '../../../shared/adapters/postgres/advisory-locks.ts';
import type { Pool, PoolClient } from '../../../shared/adapters/postgres/pool.ts';
import type { Place } from './decide.ts';
import { statement } from './rows.ts';
import { SCHEMA } from './schema.ts';
import { NO_STREAM, type StoredEvent } from './stored-event.ts';

/** Another server writes this log. */
export class LogInUse extends Error {
  readonly code = 'event_log_in_use';
  constructor(options?: ErrorOptions) {
    super('another event store server is writing this log', options);
    this.name = 'LogInUse';
  }
}

const LAST_REVISIONS = `SELECT s.stream, coalesce(
    (SELECT e.revision FROM event_store.events e WHERE e.stream = s.stream ORDER BY e.revision DESC LIMIT 1),
    ${NO_STREAM}::bigint)
  FROM unnest($1::text[]) s(stream)`;

const HISTORY = `SELECT revision, position, id FROM event_store.events
  WHERE stream = $1 AND revision >= $2 ORDER BY revision LIMIT $3`;

/** One statement is one transaction: all of it is committed when it answers, or none. */
const INSERT = `INSERT INTO event_store.events
    (position, stream, revision, id, type, is_json, created, data, metadata)
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::boolean[],
    $7::bigint[], $8::bytea[], $9::bytea[])`;

interface Connection {
  lost: Error | undefined;
}

/**
 * The one connection that writes. It holds an advisory lock for as long as it lives, so no other server writes; and
 * once it is gone nothing of it can be written any more: PostgreSQL frees the lock only when the old backend has
 * settled its last transaction.
 */
export class WriterSession {
  readonly #client: PoolClient;
  /** Position of the last event in the log when the session began. */
  readonly head: number;
  readonly #connection: Connection;

  private constructor(client: PoolClient, head: number, connection: Connection) {
    this.#client = client;
    this.head = head;
    this.#connection = connection;
  }

  /** Why the connection is gone; undefined as far as is known while it stands. */
  get lost(): Error | undefined {
    return this.#connection.lost;
  }

  /** @throws LogInUse another server holds the log; anything else: the database can't be reached */
  static async open(pool: Pool, onLost: () => void): Promise<WriterSession> {
    const client = await pool.connect();
    const connection: Connection = { lost: undefined };
    // From the first statement on: an error that nobody listens for ends the process.
    client.on('error', (error) => {
      connection.lost ??= error;
      onLost();
    });
    try {
      await takeLog(client);
      // What is acknowledged is on disk, whatever the server's own default is.
      await client.query('SET synchronous_commit = on');
      await client.query(SCHEMA);
      const last = await client.query<{ head: string }>(
        'SELECT coalesce(max(position), 0)::text AS head FROM event_store.events',
      );
      return new WriterSession(client, Number(last.rows[0]?.head), connection);
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async lastRevisions(streams: readonly string[]): Promise<readonly (readonly [string, number])[]> {
    const result = await this.#client.query<[string, number]>(
      statement('last_revisions', LAST_REVISIONS, [streams]),
    );
    return result.rows;
  }

  async history(stream: string, from: number, count: number): Promise<(Place & { id: string })[]> {
    const result = await this.#client.query<[number, number, string]>(
      statement('history', HISTORY, [stream, from, count]),
    );
    return result.rows.map(([revision, position, id]) => ({ revision, position, id }));
  }

  /** Durable when it resolves. @throws if not, or if that can't be told */
  async insert(events: readonly StoredEvent[]): Promise<void> {
    await this.#client.query({
      name: 'insert_events',
      text: INSERT,
      values: [
        events.map((event) => event.position),
        events.map((event) => event.stream),
        events.map((event) => event.revision),
        events.map((event) => event.id),
        events.map((event) => event.type),
        events.map((event) => event.isJson),
        events.map((event) => event.created),
        events.map((event) => event.data),
        events.map((event) => event.metadata),
      ],
    });
  }

  /** Lets go of the log for the next server at once; PostgreSQL would, some time after the connection is closed. */
  async release(): Promise<void> {
    await releaseAdvisoryLock(this.#client, ADVISORY_LOCKS.localLog);
  }

  close(): void {
    this.#client.release(true);
  }
}

/** PostgreSQL's `lock_not_available`. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Waits a moment for a predecessor that was killed: its backend may still be committing what it was sent last. */
async function takeLog(client: PoolClient): Promise<void> {
  await client.query("SET lock_timeout = '3s'");
  try {
    await takeAdvisoryLock(client, ADVISORY_LOCKS.localLog);
  } catch (error) {
    if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) throw new LogInUse({ cause: error });
    throw error;
  }
}
