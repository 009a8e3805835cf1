import { randomUUID } from 'node:crypto';
import type { Kafka } from '../../../shared/adapters/kafka/client.ts';

/** A topic of the test's own, empty. Answers its name. */
export async function newTopic(kafka: Kafka, partitions = 1): Promise<string> {
  const topic = `test-${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] });
    return topic;
  } finally {
    await admin.disconnect();
  }
}

export interface ReadRecord {
  readonly partition: number;
  readonly offset: string;
  readonly key: string | undefined;
  readonly value: string | undefined;
}

/** The first `count` committed records of a topic, in the order in which they came; it waits for as many. */
export async function readTopic(kafka: Kafka, topic: string, count: number): Promise<ReadRecord[]> {
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}` });
  const records: ReadRecord[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer
        .run({
          eachMessage: async ({ partition, message: { offset, key, value } }) => {
            records.push({ partition, offset, key: key?.toString(), value: value?.toString() });
            if (records.length === count) resolve();
          },
        })
        .catch(reject);
    });
    return records;
  } finally {
    await consumer.disconnect();
  }
}
