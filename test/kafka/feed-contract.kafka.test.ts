import { kafkaFeed } from '../../projector/kafka/feed.ts';
import { laneOfPartition } from '../../projector/kafka/lane.ts';
import { KafkaAdmin } from '../../shared/adapters/kafka/admin.ts';
import { joinGroup } from '../../shared/adapters/kafka/consumer.ts';
import { topicOffsets } from '../../shared/adapters/kafka/offsets.ts';
import type { Partition } from '../../shared/adapters/kafka/partition.ts';
import { describeFeed } from '../contract/feed/feed-suite.ts';
import { createFeedSystem } from './feed-system.ts';

describeFeed('the Kafka feed', async () => {
  await using stack = new AsyncDisposableStack();
  const system = stack.use(await createFeedSystem({ partitions: 1 }));
  const { kafka, topic, log, pool } = system;
  const admin = new KafkaAdmin(kafka);
  stack.defer(async () => admin.close());
  const assigned = Promise.withResolvers<Partition>();
  const group = await joinGroup({
    kafka,
    topic,
    groupId: system.settings.KAFKA_GROUP,
    sessionTimeoutMs: 10_000,
    assigned: ([partition]) => partition && assigned.resolve(partition),
    lost: assigned.reject,
  });
  stack.defer(() => group.leave());
  const partition = await assigned.promise;
  const lane = laneOfPartition({ feed: 'kafka', topic, partitions: 1 }, 0);
  const offsets = topicOffsets(admin, topic);
  const kept = stack.move();
  return {
    system,
    open: async (maxBatch) =>
      kafkaFeed({ partition, offsets, lane, log, pool, maxBatch, relayed: () => undefined }),
    fill: () => system.relay(),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
});
