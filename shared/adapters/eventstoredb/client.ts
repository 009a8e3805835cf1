import { EventStoreDBClient } from '@eventstore/db-client';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type {
  AppendResult,
  EventLog,
  ExpectedRevision,
  NewEvent,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  SubscribeOptions,
} from '../../event-log.ts';
import { EventStoreUnavailable } from '../../event-log-errors.ts';
import { comparePositions, type Position } from '../../events/position.ts';
import { Appender } from './appender.ts';
import { closeClient, openRead, type ReadCall } from './connection.ts';
import { allRequest, streamRequest, subscriptionRequest } from './read-request.ts';
import { events, messages } from './reads.ts';
import { subscription } from './subscription.ts';
import { isInvalidPosition } from './unavailable.ts';

export interface EventLogConnection {
  /** `esdb://host:port?tls=false`, or any other that `@eventstore/db-client` takes. */
  readonly connectionString: string;
}

const PING_TIMEOUT_MS = 2_000;

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
    return events(this.#read(streamRequest(stream, direction, from, limit)), { signal });
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<RecordedEvent, void> {
    const { from, limit = Number.POSITIVE_INFINITY, signal, direction = 'forwards' } = options;
    let left = limit;
    if (left <= 0) return;
    for await (const event of events(this.#read(allRequest(direction, from, undefined)), { signal })) {
      // EventStoreDB reads from a position inclusively forwards, exclusively backwards.
      if (from && direction === 'forwards' && comparePositions(event.position, from) <= 0) continue;
      yield event;
      if (--left <= 0) return;
    }
  }

  async readEventAt(position: Position): Promise<RecordedEvent | undefined> {
    try {
      for await (const event of events(this.#read(allRequest('forwards', position, 1)), {})) {
        if (comparePositions(event.position, position) === 0) return event;
      }
    } catch (error) {
      if (!isInvalidPosition(error)) throw error;
    }
    return undefined;
  }

  subscribe({ after, streamPrefixes, signal }: SubscribeOptions) {
    return subscription(this.#read(subscriptionRequest(after, streamPrefixes)), signal);
  }

  async ping(): Promise<void> {
    const last = messages(this.#read(allRequest('backwards', undefined, 1)), { silenceMs: PING_TIMEOUT_MS });
    for await (const _ of last) return;
  }

  close(): Promise<void> {
    return closeClient(this.#client);
  }

  #read(request: ReadReq): () => Promise<ReadCall> {
    return () => openRead(this.#client, request);
  }

  async #positionOf(stream: string, revision: number): Promise<Position> {
    for await (const event of this.readStream(stream, { from: revision, limit: 1 })) return event.position;
    throw new EventStoreUnavailable({ cause: new Error(`${stream} has lost revision ${revision}`) });
  }
}
