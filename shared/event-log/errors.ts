/** The stream did not end at the expected revision; nothing was appended by this call. */
export class WrongExpectedRevision extends Error {
  readonly code = 'wrong_expected_revision';
  readonly stream: string;
  constructor(stream: string, options?: ErrorOptions) {
    super(`stream ${stream} is not at the expected revision`, options);
    this.name = 'WrongExpectedRevision';
    this.stream = stream;
  }
}

/** It can't be told whether the append took effect: the stream must be read before anything is answered. */
export class OutcomeUnknown extends Error {
  readonly code = 'append_outcome_unknown';
  constructor(options?: ErrorOptions) {
    super('the outcome of an append is unknown', options);
    this.name = 'OutcomeUnknown';
  }
}

/** The event store can't be reached, or can't serve now. */
export class EventStoreUnavailable extends Error {
  readonly code = 'event_store_unavailable';
  constructor(options?: ErrorOptions) {
    super('the event store is unavailable', options);
    this.name = 'EventStoreUnavailable';
  }
}

/** No event begins at the position: it comes from another log, or from a later state of this one. */
export class PositionNotInLog extends Error {
  readonly code = 'position_not_in_log';
  constructor(options?: ErrorOptions) {
    super('the event store has no event at the position', options);
    this.name = 'PositionNotInLog';
  }
}

/** The stream was deleted: it can't be read any more. What it held is gone. */
export class StreamDeleted extends Error {
  readonly code = 'stream_deleted';
  constructor(options?: ErrorOptions) {
    super('the stream was deleted', options);
    this.name = 'StreamDeleted';
  }
}

/** The event store refuses this append and always will: it is too large, or the stream can't be written. A fault. */
export class AppendRefused extends Error {
  readonly code = 'append_refused';
  constructor(reason: string, options?: ErrorOptions) {
    super(`the event store refused an append: ${reason}`, options);
    this.name = 'AppendRefused';
  }
}

/** An event in the log does not have the form that this system writes: JSON, with its position. A fault. */
export class EventUnreadable extends Error {
  readonly code = 'event_unreadable';
  constructor(id: string, reason: string, options?: ErrorOptions) {
    super(`event ${id} can't be read: ${reason}`, options);
    this.name = 'EventUnreadable';
  }
}
