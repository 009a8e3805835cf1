import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { comparePositions, formatPosition, type Position } from '../../../shared/event-log/position.ts';
import { STREAM_PREFIXES } from '../../../shared/events/streams.ts';
import { UsageError } from '../../command-line/command.ts';
import type { Criteria } from '../options/criteria.ts';
import type { Days } from './days.ts';
import type { Stretch } from './source-options.ts';

/** What of the log is read, and what of that may come out. */
export interface Range {
  /** In the log's order. */
  readonly stretches: readonly Stretch[];
  /** Read, and not to come out. */
  isBefore(place: Position): boolean;
  /** How much of it lies behind a place, from 0 to 1. */
  fraction(place: Position): number;
}

/**
 * @param end where the log ends
 * @param days where the events of the wanted times stand, as far as that is known
 */
export function rangeOf({ after, from, to, plans }: Criteria, end: Position, days?: Days): Range {
  const last = to && comparePositions(to, end) < 0 ? to : end;
  // Which plan a user is on is known only from the beginning.
  const whole = plans.length > 0 ? { last } : { after, from, last };
  const stretches = (days ? within(whole, days) : [whole]).filter(isNotEmpty);
  return {
    stretches,
    isBefore: (place) =>
      (after !== undefined && comparePositions(place, after) <= 0) ||
      (from !== undefined && comparePositions(place, from) < 0),
    fraction: (place) => fractionOf(stretches, place),
  };
}

/** What of a stretch may hold events of those days: what was seen of them, and whatever nobody has looked at yet. */
function within(whole: Stretch, { seen, checkpoint }: Days): Stretch[] {
  const behind = later(whole, { after: checkpoint, last: whole.last });
  if (!seen) return [behind];
  const last = comparePositions(seen.last, whole.last) < 0 ? seen.last : whole.last;
  return [later({ ...whole, last }, { from: seen.first, last }), behind];
}

/** Of two stretches with one end, that which begins later. */
function later(a: Stretch, b: Stretch): Stretch {
  const [first, second] = [a.after ?? a.from, b.after ?? b.from];
  if (!first || !second) return first ? a : b;
  const order = comparePositions(first, second);
  return order > 0 || (order === 0 && a.after) ? a : b;
}

function isNotEmpty({ after, from, last }: Stretch): boolean {
  return (!after || comparePositions(after, last) < 0) && (!from || comparePositions(from, last) <= 0);
}

function fractionOf(stretches: readonly Stretch[], place: Position): number {
  let [width, done] = [0, 0];
  for (const { after, from, last } of stretches) {
    const zero = (after ?? from)?.commit ?? 0n;
    width += Number(last.commit - zero);
    done += Math.min(Math.max(Number(place.commit - zero), 0), Number(last.commit - zero));
  }
  return width === 0 ? 1 : done / width;
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
