import type { EventLog, RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { comparePositions, type Position } from '../../../shared/event-log/position.ts';
import { STREAM_PREFIXES } from '../../../shared/events/streams.ts';
import type { SourceOptions, Stretch } from './source-options.ts';
import { userEvents } from './user-source.ts';

/** Where the last event of this system stands that the log holds now; undefined for an empty log. */
export async function endOfLog(log: EventLog): Promise<Position | undefined> {
  for await (const { stream, position } of log.readAll({ direction: 'backwards' })) {
    if (STREAM_PREFIXES.some((prefix) => stream.startsWith(prefix))) return position;
  }
  return undefined;
}

/** Events in the log's order, batch by batch; ends behind `end`, or when the signal aborts. */
export function sourceEvents(options: SourceOptions): AsyncIterable<readonly RecordedEvent[]> {
  return options.users.length > 0 ? userEvents(options) : allEvents(options);
}

/** The events of a stretch. A subscription begins behind a position; the event that stands there comes first. */
export async function* stretchEvents(
  source: Pick<SourceOptions, 'log' | 'users' | 'signal'>,
  { from, after, last }: Stretch,
): AsyncGenerator<readonly RecordedEvent[], void> {
  const first = from && source.users.length === 0 ? await source.log.readEventAt(from) : undefined;
  if (first) yield [first];
  yield* sourceEvents({ ...source, after: after ?? first?.position, end: last });
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
