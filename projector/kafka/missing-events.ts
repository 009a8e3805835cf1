import type { EventLog, RecordedEvent } from '../../shared/event-log.ts';
import { comparePositions, type Position } from '../../shared/events/position.ts';
import { userOfStream } from '../../shared/events/streams.ts';

export interface Stretch {
  /** An event at or before the stretch, to read from; the log's start unless it is given. */
  readonly from: Position | undefined;
  /** Exclusive. */
  readonly after: Position;
  /** Exclusive; the log's end where there is none. */
  readonly before: Position | undefined;
}

/**
 * The first event of these users in a stretch of the log, if there is one. Asked where Kafka begins behind what was
 * applied: what it has dropped may have been markers, repetitions and what was applied already. Offsets can't tell.
 * @throws EventStoreUnavailable
 * @throws the signal's reason
 */
export async function eventWithin(
  log: EventLog,
  owns: (userId: string) => boolean,
  { from, after, before }: Stretch,
  signal?: AbortSignal,
): Promise<RecordedEvent | undefined> {
  for await (const event of log.readAll({ ...(from && { from }), ...(signal && { signal }) })) {
    signal?.throwIfAborted();
    if (before && comparePositions(event.position, before) >= 0) return undefined;
    if (comparePositions(event.position, after) <= 0) continue;
    const userId = userOfStream(event.stream);
    if (userId !== undefined && owns(userId)) return event;
  }
  // Cut short, it has not seen the end.
  signal?.throwIfAborted();
  return undefined;
}
