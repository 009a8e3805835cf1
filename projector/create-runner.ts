import { KafkaAdmin } from '../shared/adapters/kafka/admin.ts';
import { createKafka } from '../shared/adapters/kafka/client.ts';
import { topicOffsets } from '../shared/adapters/kafka/offsets.ts';
import { createReader } from '../shared/events/codec.ts';
import type { Dependency } from '../shared/http/health.ts';
import type { Logger } from '../shared/logger.ts';
import { Caches } from './caches/caches.ts';
import { kafkaOf, type ProjectorConfig } from './config.ts';
import type { Connections } from './connections.ts';
import { eventStoreFeed } from './feeds/event-store.ts';
import { type FeedRunner, Runner } from './follow/runner.ts';
import { KafkaRunner } from './kafka/runner.ts';
import type { ProjectorMetrics } from './metrics.ts';
import { missingMigrations } from './schemas/migrate.ts';
import { eraseUsage } from './write/erase-usage.ts';
import { ReadModelWriter } from './write/read-model-writer.ts';

export interface FeedParts {
  readonly runner: FeedRunner;
  /** What this feed's source needs of others to be of use. */
  readonly dependencies: Readonly<Record<string, Dependency>>;
  /** Once the runner has stopped. */
  close(): void;
}

/** The feed that PROJECTOR_FEED names, with everything behind it. @throws ConfigError */
export function createRunner(
  connections: Connections,
  config: ProjectorConfig,
  logger: Logger,
  metrics: ProjectorMetrics,
): FeedParts {
  const { clock, database: pool, log, redis, vault } = connections;
  const common = {
    pool,
    maxBatch: config.PROJECTOR_BATCH_EVENTS,
    missingMigrations: () => missingMigrations(pool),
    clock,
    logger,
    metrics,
  };
  const decoder = { reader: createReader(), vault };
  if (config.PROJECTOR_FEED === 'kafka') {
    const kafka = createKafka({ config: kafkaOf(config), clientId: 'projector', logger });
    const admin = new KafkaAdmin(kafka);
    const runner = new KafkaRunner({
      ...common,
      redis,
      log,
      decoder,
      eraseUsage: eraseUsage(logger),
      kafka,
      admin,
      offsets: topicOffsets(admin, config.KAFKA_TOPIC),
      topic: config.KAFKA_TOPIC,
      groupId: config.KAFKA_GROUP,
      sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT_MS,
    });
    metrics.watch(() => runner.observe());
    metrics.watchKafka(() => runner.observe());
    const dependencies = {
      kafka: { check: () => admin.ping(), required: true },
      // Parked events are read from it, and what Kafka has dropped is looked up in it.
      event_store: { check: () => log.ping(), required: false },
    };
    return { runner, dependencies, close: () => admin.close() };
  }
  const runner = new Runner({
    ...common,
    feed: eventStoreFeed(log, config.PROJECTOR_BATCH_EVENTS),
    writer: new ReadModelWriter({ pool, eraseUsage: eraseUsage(logger) }, decoder),
    caches: new Caches({ db: pool, redis, logger, metrics }),
  });
  metrics.watch(() => runner.observe());
  return {
    runner,
    dependencies: { event_store: { check: () => log.ping(), required: true } },
    close: () => undefined,
  };
}
