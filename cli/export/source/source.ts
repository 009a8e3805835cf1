import type { EventLog, RecordedEvent } from '../../../shared/event-log.ts';
import { comparePositions, type Position } from '../../../shared/events/position.ts';
import { STREAM_PREFIXES } from '../../../shared/events/streams.ts';
import { userEvents } from './user-source.ts';

/** An event's place, with its id: so that another log with the same positions is told apart. */
export interface Place {
  readonly position: Position;
  readonly id: string;
}

/** The last event of this system that the log holds now; undefined for an empty log. */
export async function endOfLog(log: EventLog): Promise<Place | undefined> {
  for await (const { id, stream, position } of log.readAll({ direction: 'backwards' })) {
    if (STREAM_PREFIXES.some((prefix) => stream.startsWith(prefix))) return { id, position };
  }
  return undefined;
}

export interface SourceOptions {
  readonly log: EventLog;
  /** Only events of these users, read from their streams; everybody's, from the whole log, if empty. */
  readonly users: readonly string[];
  /** Behind this position, exclusive; from the log's start without one. */
  readonly after: Position | undefined;
  /** Up to this event, inclusive. The log holds it: what comes later is not waited for. */
  readonly end: Position;
  readonly signal: AbortSignal;
}

/** Events in the log's order, batch by batch; ends behind `end`, or when the signal aborts. */
export function sourceEvents(options: SourceOptions): AsyncIterable<readonly RecordedEvent[]> {
  return options.users.length > 0 ? userEvents(options) : allEvents(options);
}

/** By subscription, because that is the log's fastest reading (see `EventLog.subscribe`). */
async function* allEvents({ log, after, end, signal }: SourceOptions): AsyncGenerator<RecordedEvent[], void> {
  if (after && comparePositions(after, end) >= 0) return;
  const messages = log.subscribe({ after: after ?? 'start', streamPrefixes: STREAM_PREFIXES, signal });
  for await (const batch of messages) {
    const events: RecordedEvent[] = [];
    let isAtEnd = false;
    for (const message of batch) {
      const position = message.kind === 'event' ? message.event.position : message.position;
      const place = comparePositions(position, end);
      if (message.kind === 'event' && place <= 0) events.push(message.event);
      isAtEnd ||= place >= 0;
    }
    if (events.length > 0) yield events;
    if (isAtEnd) return;
  }
}
