import { KafkaAdmin } from '../../../shared/adapters/kafka/admin.ts';
import { createKafka, type Kafka } from '../../../shared/adapters/kafka/client.ts';
import { openProducer } from '../../../shared/adapters/kafka/producer.ts';
import { createTopic, inspectTopic, type TopicSettings } from '../../../shared/adapters/kafka/topic.ts';
import type { EventLog } from '../../../shared/event-log.ts';
import { type Io, UsageError } from '../../command.ts';
import { readKafkaConfig } from '../../config.ts';
import { toolLogger } from '../../logger.ts';
import { type Begun, begin } from '../begin.ts';
import type { Criteria } from '../options/criteria.ts';
import { ExportRefused } from '../options/errors.ts';
import type { Target } from '../options/options.ts';
import { endOfLog } from '../source/source.ts';
import { readJournal } from './journal.ts';
import type { OpenSink } from './open-sink.ts';
import { TopicSink } from './topic-sink.ts';

type TopicTarget = Extract<Target, { readonly kind: 'topic' }>;

/**
 * Opens a topic for an export; made if it is missing, and kept for ever. Another export into the same topic that is
 * still running is fenced off: two at once would mix their order.
 * @throws UsageError it is the topic of the live events; ExportRefused, KafkaUnavailable, ConfigError
 */
export async function openTopic(
  log: EventLog,
  criteria: Criteria,
  target: TopicTarget,
  io: Io,
): Promise<OpenSink> {
  const config = readKafkaConfig();
  if (target.topic === config.KAFKA_TOPIC) {
    throw new UsageError(
      `--topic: ${target.topic} is the topic of the live events (KAFKA_TOPIC): their readers would take these for new ones`,
    );
  }
  const kafka = createKafka({ config, clientId: 'cli-replay', logger: toolLogger(config.LOG_LEVEL) });
  const partitions = await ensureTopic(
    kafka,
    {
      topic: target.topic,
      partitions: config.KAFKA_TOPIC_PARTITIONS,
      replication: config.KAFKA_TOPIC_REPLICATION,
    },
    io,
  );
  const begun = await beginTopic(log, criteria, target);
  try {
    const producer = await openProducer(kafka, {
      topic: target.topic,
      transactionalId: `replay-${target.topic}`,
    });
    const events = begun.last?.events ?? 0;
    return {
      sink: new TopicSink({ producer, partitions, journal: begun.journal, events }),
      end: begun.end,
      done: { place: begun.last?.place, events },
      onceInterrupted: target.checkpointFile
        ? 'interrupted: go on with the same command and --resume'
        : 'interrupted: the topic has a part of the events, and without --checkpoint nothing tells which',
    };
  } catch (error) {
    await begun.journal?.close();
    throw error;
  }
}

async function beginTopic(
  log: EventLog,
  criteria: Criteria,
  { checkpointFile, resume }: TopicTarget,
): Promise<Partial<Begun> & Pick<Begun, 'end'>> {
  if (checkpointFile === undefined) return { end: await endOfLog(log) };
  const journal = await readJournal(checkpointFile);
  return begin(log, criteria, { journal, journalFile: checkpointFile, resume, leftovers: [checkpointFile] });
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
