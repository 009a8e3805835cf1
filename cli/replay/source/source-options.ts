import type { EventLog } from '../../../shared/event-log/event-log.ts';
import type { Position } from '../../../shared/event-log/position.ts';

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

/** A part of the log that is read in one go. */
export interface Stretch {
  /** It begins at this event, or behind that one; with neither at the log's start. */
  readonly from?: Position | undefined;
  readonly after?: Position | undefined;
  /** It ends with this event. */
  readonly last: Position;
}
