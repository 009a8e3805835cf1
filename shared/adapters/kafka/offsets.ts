import type { KafkaAdmin } from './admin.ts';
import type { Bounds } from './partition.ts';

/** What a topic holds, asked of the brokers. */
export interface TopicOffsets {
  /** By partition, each of the topic's. @throws KafkaUnavailable there is no broker, or no such topic */
  bounds(): Promise<ReadonlyMap<number, Bounds>>;

  /** By partition, the first record whose time is `at` (ms) or later; the end where there is none. @throws KafkaUnavailable */
  since(at: number): Promise<ReadonlyMap<number, bigint>>;
}

export const topicOffsets = (admin: KafkaAdmin, topic: string): TopicOffsets => ({
  async bounds() {
    const found = await admin.ask((ask) => ask.fetchTopicOffsets(topic));
    return new Map(
      found.map(({ partition, low, high }) => [partition, { start: BigInt(low), end: BigInt(high) }]),
    );
  },
  async since(at) {
    const found = await admin.ask((ask) => ask.fetchTopicOffsetsByTimestamp(topic, at));
    return new Map(found.map(({ partition, offset }) => [partition, BigInt(offset)]));
  },
});
