/** An event that does not fit its schema: it is not appended. */
export class EventInvalid extends Error {
  readonly code = 'event_invalid';
  constructor(type: string, problem: string, options?: ErrorOptions) {
    super(`a new ${type} does not fit its schema: ${problem}`, options);
    this.name = 'EventInvalid';
  }
}

/** It can't be written yet in a version that says all of it: EVENT_SCHEMA_LEVEL says that some reader doesn't know that one. */
export class EventNotEnabled extends Error {
  readonly code = 'event_not_enabled';
  constructor(type: string, writeLevel: number) {
    super(`${type} may not be written at schema level ${writeLevel}`);
    this.name = 'EventNotEnabled';
  }
}

/**
 * The log holds an event that this reader doesn't know: its type, its version or its shape. The reader stops (or
 * answers 503 for that user); it never parks it, skips it or folds past it.
 */
export class UnknownEvent extends Error {
  readonly code = 'unknown_event';
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  constructor(
    event: { readonly type: string; readonly stream: string; readonly revision: number },
    problem: string,
    options?: ErrorOptions,
  ) {
    super(
      `event ${event.revision} of ${event.stream} (${event.type}) is not known here: ${problem}`,
      options,
    );
    this.name = 'UnknownEvent';
    this.type = event.type;
    this.stream = event.stream;
    this.revision = event.revision;
  }
}

/**
 * An event that bears none of this system's metadata, whatever its type: another program or a person wrote it (or
 * deleted the stream). The feeds park it with its user, or skip it where it has none; everyone else goes on.
 */
export class ForeignEvent extends UnknownEvent {
  readonly problem: string;
  constructor(
    event: { readonly type: string; readonly stream: string; readonly revision: number },
    problem: string,
  ) {
    super(event, problem);
    this.name = 'ForeignEvent';
    this.problem = problem;
  }
}
