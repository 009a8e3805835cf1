/**
 * The feed stops here and is not ready: going on would skip an event or write what is not so. `wayOut` tells an
 * operator what to do.
 */
export class FeedStop extends Error {
  readonly code: string;
  readonly wayOut: string;
  constructor(code: string, message: string, wayOut: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FeedStop';
    this.code = code;
    this.wayOut = wayOut;
  }
}

/** What a consumer has written, for the message that the event store does not lead on from it. */
export interface Written {
  /** Such as "these read models hold". */
  readonly holds: string;
  /** What to do if the event store is right. */
  readonly startOver: string;
}

export const READ_MODELS: Written = {
  holds: 'these read models hold',
  startOver: 'run: cli rebuild --force',
};

export const storeReplaced = (eventId: string, position: string, { holds, startOver }: Written): FeedStop =>
  new FeedStop(
    'store_replaced',
    `the event store does not have event ${eventId} at ${position}, which ${holds}`,
    `connect the store that has it, or restore a newer backup of it; if the store is right, ${startOver}`,
  );

/** @param consumer the service that has to be upgraded */
export const unknownEvent = (cause: Error, consumer: string): FeedStop =>
  new FeedStop('unknown_event', cause.message, `run a version of the ${consumer} that knows it`, { cause });

export const revisionGap = (stream: string, expected: number, found: number): FeedStop =>
  new FeedStop(
    'revision_gap',
    `${stream}: revision ${found} arrived where ${expected} was due`,
    'events are missing from the log or from these read models; run: cli rebuild',
  );

/** The checkpoint is not where it was read: another process writes, or a rebuild was switched in. */
export class CheckpointMoved extends Error {
  readonly code = 'checkpoint_moved';
  constructor() {
    super('the checkpoint was moved by another process');
    this.name = 'CheckpointMoved';
  }
}

/** Another process writes to the same, and whoever is overtaken may not write any more. */
export class Fenced extends Error {
  readonly code = 'fenced';
  readonly wayOut: string;
  constructor(message: string, wayOut: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Fenced';
    this.wayOut = wayOut;
  }
}

/** A rebuild was built and not switched in; the live read models are as they were. */
export class RebuildRefused extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RebuildRefused';
    this.code = code;
  }
}
