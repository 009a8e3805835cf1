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

export const storeReplaced = (eventId: string, position: string): FeedStop =>
  new FeedStop(
    'store_replaced',
    `the event store does not have event ${eventId} at ${position}, which these read models hold`,
    'connect the store that has it, or restore a newer backup of it; if the store is right, run: cli rebuild --force',
  );

export const revisionGap = (stream: string, expected: number, found: number): FeedStop =>
  new FeedStop(
    'revision_gap',
    `${stream}: revision ${found} arrived where ${expected} was due`,
    'events are missing from the log or from these read models; run: cli rebuild',
  );

/** The checkpoint is not where it was read: another projector writes, or a rebuild was switched in. */
export class CheckpointMoved extends Error {
  readonly code = 'checkpoint_moved';
  constructor() {
    super('the checkpoint was moved by another projector');
    this.name = 'CheckpointMoved';
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
