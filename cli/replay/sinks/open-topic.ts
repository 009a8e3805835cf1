import { KafkaAdmin } from '../../../shared/adapters/kafka/admin.ts';
import { createKafka, type Kafka } from '../../../shared/adapters/kafka/client.ts';
import { openProducer } from '../../../shared/adapters/kafka/producer.ts';
import { createTopic, inspectTopic, type TopicSettings } from '../../../shared/adapters/kafka/topic.ts';
import { type Io, UsageError } from '../../command-line/command.ts';
import { readKafkaConfig } from '../../config.ts';
import { toolLogger } from '../../logger.ts';
import { ExportRefused } from '../options/errors.ts';
import { TopicSink } from './topic-sink.ts';

/**
 * Opens a topic for an export; made if it is missing, and kept for ever. Another export into the same topic that is
 * still running is fenced off: two at once would mix their order.
 * @throws UsageError it is the topic of the live events; ExportRefused, KafkaUnavailable, ConfigError
 */
export async function openTopic(topic: string, io: Io): Promise<TopicSink> {
  const config = readKafkaConfig();
  if (topic === config.KAFKA_TOPIC) {
    throw new UsageError(
      `--topic: ${topic} is the topic of the live events (KAFKA_TOPIC): their readers would take these for new ones`,
    );
  }
  const kafka = createKafka({ config, clientId: 'cli-replay', logger: toolLogger(config.LOG_LEVEL) });
  const partitions = await ensureTopic(
    kafka,
    {
      topic,
      partitions: config.KAFKA_TOPIC_PARTITIONS,
      replication: config.KAFKA_TOPIC_REPLICATION,
    },
    io,
  );
  const producer = await openProducer(kafka, { topic, transactionalId: `replay-${topic}` });
  return new TopicSink({ topic, producer, partitions });
}

/** Answers how many partitions it has. */
async function ensureTopic(kafka: Kafka, settings: TopicSettings, io: Io): Promise<number> {
  const { topic, partitions } = settings;
  const admin = new KafkaAdmin(kafka);
  try {
    const state = await inspectTopic(admin, topic);
    if (state?.compacted) {
      throw new ExportRefused(
        'topic_compacted',
        `topic ${topic} is compacted: it would keep the last event of each user alone`,
      );
    }
    if (state) return state.partitions;
    await createTopic(admin, settings);
    io.err(`Made the topic ${topic}, with ${partitions} partitions.`);
    return partitions;
  } finally {
    admin.close();
  }
}
