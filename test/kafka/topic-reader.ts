import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaMessage } from '../../shared/adapters/kafka/client.ts';
import { kafkaClient } from '../support/kafka/kafka.ts';

export interface ReadRecord {
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** Every record that a `read_committed` consumer sees, by partition in its order, up to the ends that the topic has now. */
export async function readTopic(brokers: string, topic: string): Promise<ReadRecord[]> {
  const kafka = kafkaClient(brokers);
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const left = new Set(ends.filter(({ high, low }) => high !== low).map(({ partition }) => partition));
  const highs = new Map(ends.map(({ partition, high }) => [partition, BigInt(high)]));
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}`, readUncommitted: false });
  const records: ReadRecord[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (left.size === 0) resolve();
    // The last offset is that of a transaction's mark. It may come in a batch of its own, which no handler is given.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
      if (BigInt(lastOffset) + 1n >= (highs.get(partition) ?? 0n)) left.delete(partition);
      if (left.size === 0) resolve();
    });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) records.push({ partition: batch.partition, message });
      },
    });
    const late = delay(60_000, undefined, { ref: false }).then(() => {
      reject(new Error(`partitions ${[...left]} of ${topic} were not read to their ends`));
    });
    await Promise.race([promise, late]);
  } finally {
    await consumer.disconnect();
  }
  return records;
}
