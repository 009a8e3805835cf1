import { EventStoreUnavailable, PositionNotInLog } from '../../event-log/errors.ts';
import type {
  AppendResult,
  EventLog,
  ExpectedRevision,
  NewEvent,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  SubscribeOptions,
} from '../../event-log/event-log.ts';
import { comparePositions, type Position } from '../../event-log/position.ts';
import { Appender } from './appender.ts';
import { Connection } from './nodes/connection.ts';
import { readConnectionString } from './nodes/connection-string.ts';
import { allRequest, streamRequest, subscriptionRequest } from './read-request.ts';
import { events, messages } from './reads.ts';
import { subscription } from './subscription.ts';

export interface EventLogConnection {
  /** `esdb://host:port?tls=false`, several hosts of a cluster, or `esdb+discover://name`. */
  readonly connectionString: string;
}

const PING_TIMEOUT_MS = 2_000;

/**
 * The event log of an EventStoreDB, or of the local event store. It connects with the first call, so it can be made
 * while the event store is unreachable, and connects again by itself. A dead connection is noticed within 20 s (the
 * keep-alive, unless the connection string sets another). Every call asks the leader, since a follower's log may be
 * older than what was acknowledged; subscriptions alone follow what `nodePreference` names.
 * @throws ConfigError the connection string is malformed, or a file that it names can't be read
 */
export function connectEventLog({ connectionString }: EventLogConnection): EventLog {
  const settings = readConnectionString(connectionString);
  const leader = new Connection(settings, 'leader');
  const { preference } = settings;
  return new EventStoreLog(leader, preference === 'leader' ? leader : new Connection(settings, preference));
}

class EventStoreLog implements EventLog {
  readonly #leader: Connection;
  readonly #followed: Connection;
  readonly #appender: Appender;

  constructor(leader: Connection, followed: Connection) {
    this.#leader = leader;
    this.#followed = followed;
    this.#appender = new Appender(leader);
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
    return events(this.#leader, streamRequest(stream, direction, from, limit), { signal });
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<RecordedEvent, void> {
    const { from, limit = Number.POSITIVE_INFINITY, signal, direction = 'forwards' } = options;
    let left = limit;
    if (left <= 0) return;
    for await (const event of events(this.#leader, allRequest(direction, from, undefined), { signal })) {
      // EventStoreDB reads from a position inclusively forwards, exclusively backwards.
      if (from && direction === 'forwards' && comparePositions(event.position, from) <= 0) continue;
      yield event;
      if (--left <= 0) return;
    }
  }

  async readEventAt(position: Position): Promise<RecordedEvent | undefined> {
    try {
      for await (const event of events(this.#leader, allRequest('forwards', position, 1), {})) {
        if (comparePositions(event.position, position) === 0) return event;
      }
    } catch (error) {
      if (!(error instanceof PositionNotInLog)) throw error;
    }
    return undefined;
  }

  subscribe({ after, streamPrefixes, signal }: SubscribeOptions) {
    return subscription(this.#followed, subscriptionRequest(after, streamPrefixes), signal);
  }

  async ping(): Promise<void> {
    const last = allRequest('backwards', undefined, 1);
    for await (const _ of messages(this.#leader, last, { silenceMs: PING_TIMEOUT_MS })) return;
  }

  async close(): Promise<void> {
    this.#leader.close();
    this.#followed.close();
  }

  async #positionOf(stream: string, revision: number): Promise<Position> {
    for await (const event of this.readStream(stream, { from: revision, limit: 1 })) return event.position;
    throw new EventStoreUnavailable({ cause: new Error(`${stream} has lost revision ${revision}`) });
  }
}
