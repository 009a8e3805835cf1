import { BACKWARDS, END, EventStoreDBClient, FORWARDS, START } from '@eventstore/db-client';
import { comparePositions, type Position } from '../../events/position.ts';
import { Appender } from './appender.ts';
import { READ_AHEAD } from './arrivals.ts';
import { closeClient } from './connection.ts';
import { EventStoreUnavailable } from './errors.ts';
import type {
  AppendResult,
  EventLog,
  ExpectedRevision,
  NewEvent,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  SubscribeOptions,
} from './event-log.ts';
import { events } from './reads.ts';
import { subscription } from './subscription.ts';
import { isInvalidPosition } from './unavailable.ts';

export interface EventLogConnection {
  /** `esdb://host:port?tls=false`, or any other that `@eventstore/db-client` takes. */
  readonly connectionString: string;
}

const PING_TIMEOUT_MS = 2_000;
const buffered = { highWaterMark: READ_AHEAD };

/**
 * The event log of an EventStoreDB, or of the local event store. It connects with the first call, so it can be made
 * while the event store is away, and connects again by itself. A dead connection is noticed within 20 s (the
 * client's keep-alive, unless the connection string sets another).
 */
export function connectEventLog(options: EventLogConnection): EventLog {
  return new EventStoreLog(EventStoreDBClient.connectionString(options.connectionString));
}

class EventStoreLog implements EventLog {
  readonly #client: EventStoreDBClient;
  readonly #appender: Appender;

  constructor(client: EventStoreDBClient) {
    this.#client = client;
    this.#appender = new Appender(client);
  }

  async append(
    stream: string,
    expected: ExpectedRevision,
    newEvents: readonly NewEvent[],
    options: { readonly deadlineMs: number },
  ): Promise<AppendResult> {
    if (newEvents.length === 0) throw new TypeError('an append needs an event');
    const place = await this.#appender.append({ stream, expected, events: newEvents }, options.deadlineMs);
    return {
      revision: place.revision,
      position: place.position ?? (await this.#positionOf(stream, place.revision)),
    };
  }

  readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<RecordedEvent> {
    const { from, limit, signal, direction = 'forwards' } = options;
    const backwards = direction === 'backwards';
    const read = this.#client.readStream(
      stream,
      {
        direction: backwards ? BACKWARDS : FORWARDS,
        fromRevision: from === undefined ? (backwards ? END : START) : BigInt(from),
        ...(limit === undefined ? {} : { maxCount: limit }),
      },
      buffered,
    );
    return events(read, { signal });
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<RecordedEvent, void> {
    const { from, limit = Number.POSITIVE_INFINITY, signal, direction = 'forwards' } = options;
    if (limit <= 0) return;
    const backwards = direction === 'backwards';
    const read = this.#client.readAll(
      { direction: backwards ? BACKWARDS : FORWARDS, fromPosition: from ?? (backwards ? END : START) },
      buffered,
    );
    let left = limit;
    for await (const event of events(read, { signal })) {
      // EventStoreDB reads from a position inclusively forwards, exclusively backwards.
      if (from && !backwards && comparePositions(event.position, from) <= 0) continue;
      yield event;
      if (--left <= 0) return;
    }
  }

  async readEventAt(position: Position): Promise<RecordedEvent | undefined> {
    const read = this.#client.readAll({ fromPosition: position, maxCount: 1 });
    try {
      for await (const event of events(read, {})) {
        if (comparePositions(event.position, position) === 0) return event;
      }
    } catch (error) {
      if (!isInvalidPosition(error)) throw error;
    }
    return undefined;
  }

  subscribe(options: SubscribeOptions) {
    return subscription(this.#client, options);
  }

  async ping(): Promise<void> {
    const read = this.#client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 });
    for await (const _ of events(read, { silenceMs: PING_TIMEOUT_MS })) return;
  }

  close(): Promise<void> {
    return closeClient(this.#client);
  }

  async #positionOf(stream: string, revision: number): Promise<Position> {
    for await (const event of this.readStream(stream, { from: revision, limit: 1 })) return event.position;
    throw new EventStoreUnavailable({ cause: new Error(`${stream} has lost revision ${revision}`) });
  }
}
