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
