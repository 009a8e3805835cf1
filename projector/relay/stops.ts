import { FeedStop, type Written } from '../errors.ts';

/** Has the relay publish everything again; consumers start over with it. */
const publishAgain = (topic: string) =>
  `to publish everything again, delete the topic and run: DELETE FROM relay.checkpoints WHERE topic = '${topic}'`;

/** For the event store that does not have what was sent. */
export const sentTo = (topic: string): Written => ({
  holds: `is in the topic ${topic}`,
  startOver: publishAgain(topic),
});

export const topicGone = (topic: string, partition?: number): FeedStop =>
  new FeedStop(
    'topic_replaced',
    partition === undefined
      ? `the topic ${topic} does not exist any more, and events were sent to it`
      : `partition ${partition} of the topic ${topic} ends before the last record that was sent to it`,
    `connect the Kafka that has it; ${publishAgain(topic)}`,
  );

export const topicInUse = (topic: string): FeedStop =>
  new FeedStop(
    'topic_in_use',
    `the topic ${topic} has records, and this database does not know how far they go`,
    `name another topic in KAFKA_TOPIC, connect the database that knows, or delete the topic`,
  );

export const partitionsChanged = (topic: string, remembered: number, found: number): FeedStop =>
  new FeedStop(
    'partitions_changed',
    `the topic ${topic} has ${found} partitions and had ${remembered}: users would change their partitions, and their events their order`,
    `name a new topic in KAFKA_TOPIC, which is filled from the log, and have its consumers start over`,
  );

export const topicCompacted = (topic: string): FeedStop =>
  new FeedStop(
    'topic_compacted',
    `the topic ${topic} is compacted: of each user only the last event would stay`,
    `set cleanup.policy=delete on it; if records were dropped already, ${publishAgain(topic)}`,
  );

export const recordsTooLarge = (topic: string, maxBatchBytes: number, cause: unknown): FeedStop =>
  new FeedStop(
    'records_too_large',
    `the topic ${topic} takes no batch of more than ${maxBatchBytes} bytes, and an event is larger`,
    'raise max.message.bytes of the topic',
    { cause },
  );
