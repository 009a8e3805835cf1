import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { comparePositions, formatPosition, type Position } from '../../../shared/event-log/position.ts';
import { STREAM_PREFIXES } from '../../../shared/events/streams.ts';
import { UsageError } from '../../command-line/command.ts';
import type { Criteria } from '../options/criteria.ts';

/** What of the log is read, and what of that may come out. */
export interface Range {
  /** Reading ends here, inclusive. */
  readonly last: Position;
  /** Reading begins behind this, or at this; with neither at the log's start. */
  readonly after: Position | undefined;
  readonly from: Position | undefined;
  /** Read, and not to come out. */
  isBefore(place: Position): boolean;
  /** How much of it lies behind a place, from 0 to 1. */
  fraction(place: Position): number;
}

/** @param end where the log ends */
export function rangeOf({ after, from, to, plans }: Criteria, end: Position): Range {
  const last = to && comparePositions(to, end) < 0 ? to : end;
  // Which plan a user is on is known only from the beginning.
  const readsAll = plans.length > 0;
  const first = readsAll ? undefined : (after ?? from);
  const [zero, width] = [Number(first?.commit ?? 0n), Number(last.commit - (first?.commit ?? 0n))];
  return {
    last,
    after: readsAll ? undefined : after,
    from: readsAll ? undefined : from,
    isBefore: (place) =>
      (after !== undefined && comparePositions(place, after) <= 0) ||
      (from !== undefined && comparePositions(place, from) < 0),
    fraction: (place) => (width <= 0 ? 1 : Math.min(Math.max((Number(place.commit) - zero) / width, 0), 1)),
  };
}

/** A range begins at an event of this log. @throws UsageError */
export async function checkRange(log: EventLog, criteria: Criteria): Promise<void> {
  for (const name of ['from', 'after'] as const) {
    const position = criteria[name];
    if (!position) continue;
    const event = await log.readEventAt(position);
    if (event && STREAM_PREFIXES.some((prefix) => event.stream.startsWith(prefix))) continue;
    throw new UsageError(`--${name}: no event stands at ${formatPosition(position)} in this event store`);
  }
}
