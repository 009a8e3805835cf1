import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { systemMicroseconds } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import { Commits } from './commits.ts';
import { LogReader } from './reader.ts';
import type { AppendOutcome, AppendRequest, StoredEvent } from './stored-event.ts';
import { type EncodedEvent, Tail } from './tail.ts';
import { Writer } from './writer.ts';

export interface EventLogOptions {
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly encode: (event: StoredEvent) => EncodedEvent;
}

/** About a minute of the heaviest load that the server takes. */
const TAIL_BYTES = 64 * 1024 * 1024;
const READERS = 4;

/** The log: appended to by one writer, read from memory (its end) and from PostgreSQL (all of it). */
export class EventLog {
  readonly reader: LogReader;
  readonly commits = new Commits();
  readonly #readers: Pool;
  readonly #writers: Pool;
  readonly #writer: Writer;
  readonly #tail: Tail;
  readonly #encode: (event: StoredEvent) => EncodedEvent;
  #head: number | undefined;

  constructor(options: EventLogOptions) {
    const { databaseUrl: connectionString, logger } = options;
    this.#readers = createPool({
      connectionString,
      applicationName: 'event-store-reader',
      max: READERS,
      logger,
    });
    this.#writers = createPool({ connectionString, applicationName: 'event-store-writer', max: 1, logger });
    this.#encode = options.encode;
    this.#tail = new Tail({ next: 1, maxBytes: TAIL_BYTES, encode: options.encode });
    this.reader = new LogReader(this.#readers);
    this.#writer = new Writer({
      pool: this.#writers,
      logger,
      now: systemMicroseconds,
      onCommitted: (events) => this.#committed(events),
      onSession: (head) => this.#restart(head),
    });
  }

  /** Resolves also where PostgreSQL is unreachable: the log is {@link ready} once it has come. @throws as {@link Writer.start} */
  start(): Promise<void> {
    return this.#writer.start();
  }

  /** False until the database has said how far the log goes. */
  get ready(): boolean {
    return this.#head !== undefined;
  }

  /** Position of the last event that readers of `$all` may see; 0 if there is none. */
  get head(): number {
    return this.#head ?? 0;
  }

  append(request: AppendRequest): Promise<AppendOutcome> {
    return this.#writer.append(request);
  }

  /** Events from `position` on, inclusive, at most `limit`, fewer where the memory of the log's end does not reach. */
  async page(position: number, limit: number): Promise<readonly EncodedEvent[]> {
    const end = this.head;
    if (position > end) return [];
    const remembered = this.#tail.from(position, limit);
    if (remembered) return remembered;
    const events = await this.reader.allForwards(position, end, limit);
    return events.map(this.#encode);
  }

  async close(): Promise<void> {
    await this.#writer.stop();
    await Promise.all([this.#readers.end(), this.#writers.end()]);
  }

  #committed(events: readonly StoredEvent[]): void {
    this.#tail.append(events);
    this.#head = this.head + events.length;
    this.commits.announce(new Set(events.map((event) => event.stream)));
  }

  #restart(head: number): void {
    this.#head = head;
    this.#tail.restart(head + 1);
    this.commits.announceAll();
  }
}
