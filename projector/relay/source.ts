import type { EventLog, FeedMessage, RecordedEvent } from '../../shared/event-log.ts';
import { formatPosition } from '../../shared/events/position.ts';
import { STREAM_PREFIXES } from '../../shared/events/streams.ts';
import { Backlog } from '../feeds/backlog.ts';
import type { SentEvent } from './checkpoint.ts';
import { storeReplaced } from './stops.ts';

/** The events of the log, for the relay. */
export class EventSource {
  readonly #log: EventLog;
  readonly #maxEvents: number;
  readonly #backlog: Backlog<FeedMessage>;

  constructor(log: EventLog, maxEvents: number) {
    this.#log = log;
    this.#maxEvents = maxEvents;
    // Twice a batch: the next one arrives while this one is sent.
    this.#backlog = new Backlog(maxEvents * 2);
  }

  /** @throws FeedStop the log does not have the last event that was sent; EventStoreUnavailable */
  async verify(topic: string, last: SentEvent | undefined): Promise<void> {
    if (!last) return;
    const found = await this.#log.readEventAt(last.position);
    if (found?.id !== last.id) throw storeReplaced(topic, last.id, formatPosition(last.position));
  }

  /**
   * The events behind `last`, then what comes, until the signal aborts: each time what has arrived since, in the log's
   * order.
   * @throws EventStoreUnavailable, EventUnreadable; PositionNotInLog the store was replaced since it was verified
   */
  async *batches(last: SentEvent | undefined, signal: AbortSignal): AsyncGenerator<RecordedEvent[], void> {
    const messages = this.#log.subscribe({
      after: last?.position ?? 'start',
      streamPrefixes: STREAM_PREFIXES,
      signal,
    });
    for await (const taken of this.#backlog.through(messages, this.#maxEvents)) {
      const events = taken.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
      if (events.length > 0) yield events;
    }
  }

  /** What has arrived and was not taken yet, and the time of the first of it. */
  get waiting(): { readonly events: number; readonly since: Date | undefined } {
    const first = this.#backlog.first;
    return { events: this.#backlog.size, since: first?.kind === 'event' ? first.event.created : undefined };
  }
}
