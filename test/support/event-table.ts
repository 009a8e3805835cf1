import { WriterSession } from '../../local/event-store/log/session.ts';
import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { NewEvent } from '../../shared/event-log/event-log.ts';

export interface TableEvent {
  readonly stream: string;
  /** The log's time of it, in milliseconds. */
  readonly at: number;
  readonly event: NewEvent;
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** The local event store's table, written in place of its server, whose lock it holds meanwhile. */
export class EventTable {
  readonly #session: WriterSession;
  /** Revision of each stream's last event. Streams that were there before are not known, and not to be written to. */
  readonly #revisions = new Map<string, number>();
  readonly #start: number;
  #head: number;

  private constructor(session: WriterSession) {
    this.#session = session;
    this.#start = session.head;
    this.#head = session.head;
  }

  /** @throws LogInUse a server is running on it */
  static async open(pool: Pool): Promise<EventTable> {
    return new EventTable(await WriterSession.open(pool, () => {}));
  }

  /** Position of the last event. */
  get head(): number {
    return this.#head;
  }

  get written(): number {
    return this.#head - this.#start;
  }

  /** Appends them in this order. They are durable when it resolves, as far as the database is. */
  async insert(events: readonly TableEvent[]): Promise<void> {
    await this.#session.insert(
      events.map(({ stream, at, event }) => {
        const revision = (this.#revisions.get(stream) ?? -1) + 1;
        this.#revisions.set(stream, revision);
        this.#head += 1;
        return {
          position: this.#head,
          stream,
          revision,
          id: event.id,
          type: event.type,
          isJson: true,
          created: at * 1_000,
          data: json(event.data),
          metadata: json(event.metadata),
        };
      }),
    );
  }

  async close(): Promise<void> {
    await this.#session.release();
    this.#session.close();
  }
}
