import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { eventTime } from '../../../shared/events/event-time.ts';

/** When an event was decided or logged, whichever is earlier: a node's clock may be ahead. Milliseconds since 1970. */
const timeOf = (event: RecordedEvent): number => Math.min(eventTime(event), event.created.getTime());

/**
 * Which month each event of the log belongs to: that of the latest time of an event up to and including it. It never goes
 * back, so a month is one stretch of the log, whatever the clocks did.
 */
export class Months {
  #latest: number;

  /** @param from the latest time so far, ISO 8601, where the log is not read from its start */
  constructor(from: string | undefined) {
    this.#latest = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from);
  }

  /** Takes the next event of the log. @returns its month: `2026-06` */
  next(recorded: RecordedEvent): string {
    this.#latest = Math.max(this.#latest, timeOf(recorded));
    return this.latest.slice(0, 7);
  }

  /** ISO 8601. */
  get latest(): string {
    return new Date(this.#latest).toISOString();
  }
}
