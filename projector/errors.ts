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

/** What helps wherever the topic no longer leads on from the read models: the event store has everything. */
const CATCH_UP_FROM_LOG =
  'run the projectors with PROJECTOR_FEED=event_store until they have caught up, then with kafka again';

/** @param what names the partition and what was found there */
export const topicReplaced = (what: string): FeedStop =>
  new FeedStop(
    'topic_replaced',
    what,
    `connect the Kafka that has it; if the topic is right, ${CATCH_UP_FROM_LOG}`,
  );

export const recordsMissing = (what: string): FeedStop =>
  new FeedStop(
    'records_missing',
    what,
    `${CATCH_UP_FROM_LOG}, and have the topic keep its records for longer`,
  );

export const partitionsChanged = (what: string): FeedStop =>
  new FeedStop(
    'partitions_changed',
    what,
    `give KAFKA_TOPIC the topic that these read models were made from; if the other is right, ${CATCH_UP_FROM_LOG}`,
  );

export const topicCompacted = (topic: string): FeedStop =>
  new FeedStop(
    'topic_compacted',
    `topic ${topic} is compacted: it drops events that are needed`,
    'set its cleanup.policy to delete; if it has dropped some already, make it anew',
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

/** The other feed owns the read models: this one may not write. Its processes run, or somebody has changed the row. */
export class FeedNotOwned extends Error {
  readonly code = 'feed_not_owned';
  constructor(wanted: string, owner: string) {
    super(`the read models belong to ${owner}, and not to ${wanted}`);
    this.name = 'FeedNotOwned';
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
