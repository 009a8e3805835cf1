import type { KafkaAdmin } from './admin.ts';

export interface TopicSettings {
  readonly topic: string;
  readonly partitions: number;
  /** Copies of each record; the brokers' default unless given. */
  readonly replication?: number | undefined;
  /** How long records are kept; undefined: for ever. */
  readonly retentionDays?: number | undefined;
}

/** What a topic is like now. */
export interface TopicState {
  readonly partitions: number;
  /** Whether older records of a key may be dropped because there are later ones. */
  readonly compacted: boolean;
  /** The largest batch that it takes, in bytes. */
  readonly maxBatchBytes: number;
  /** By partition: the offset that the next record gets, whether the ones before are committed or not. */
  readonly ends: readonly bigint[];
}

const DAY_MS = 86_400_000;
/** ConfigResourceTypes.TOPIC; the driver's enum is not one that Node can import by name. */
const TOPIC = 2;

/**
 * Creates a topic of which nothing is dropped but by age. With three copies or more a write needs two of them, so that
 * the loss of one broker loses nothing and stops nothing; with fewer it needs what the brokers' default says.
 * @throws KafkaUnavailable
 */
export function createTopic(admin: KafkaAdmin, settings: TopicSettings): Promise<void> {
  const { topic, partitions, replication, retentionDays } = settings;
  const entries: Record<string, string> = {
    'cleanup.policy': 'delete',
    'retention.ms': String(retentionDays === undefined ? -1 : retentionDays * DAY_MS),
    'retention.bytes': '-1',
    // By the events' time, not by when they were relayed.
    'message.timestamp.type': 'CreateTime',
    'unclean.leader.election.enable': 'false',
    ...(replication !== undefined && replication >= 3 && { 'min.insync.replicas': '2' }),
  };
  return admin.ask(async (ask) => {
    await ask.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor: replication ?? -1,
          configEntries: Object.entries(entries).map(([name, value]) => ({ name, value })),
        },
      ],
    });
  });
}

/** A topic as it is now; undefined if there is none. It is never made by asking. @throws KafkaUnavailable */
export function inspectTopic(admin: KafkaAdmin, topic: string): Promise<TopicState | undefined> {
  return admin.ask(async (ask) => {
    if (!(await ask.listTopics()).includes(topic)) return undefined;
    const [offsets, { resources }] = await Promise.all([
      ask.fetchTopicOffsets(topic),
      ask.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: TOPIC, name: topic, configNames: ['cleanup.policy', 'max.message.bytes'] }],
      }),
    ]);
    const config = new Map(
      resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
    return {
      partitions: offsets.length,
      compacted: (config.get('cleanup.policy') ?? '').includes('compact'),
      maxBatchBytes: Number(config.get('max.message.bytes')),
      ends: offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => BigInt(high)),
    };
  });
}
