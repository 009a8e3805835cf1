import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { KafkaAdmin } from '../../shared/adapters/kafka/admin.ts';
import { createKafka } from '../../shared/adapters/kafka/client.ts';
import { KafkaUnavailable } from '../../shared/adapters/kafka/errors.ts';
import { ADVISORY_LOCKS } from '../../shared/adapters/postgres/advisory-locks.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { watchPools } from '../../shared/adapters/postgres/pool-metrics.ts';
import { systemClock } from '../../shared/clock.ts';
import { createReader } from '../../shared/events/codec.ts';
import type { ForeignEvent } from '../../shared/events/errors.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import type { Logger } from '../../shared/process/logger.ts';
import { eventStoreFeed } from '../feeds/event-store.ts';
import { Consumer } from '../follow/consumer.ts';
import { missingRelayMigrations } from '../schemas/migrate.ts';
import { type ConsumerService, serveConsumer } from '../service.ts';
import type { RelayConfig } from './config.ts';
import { createRelayMetrics, type RelayMetrics } from './metrics.ts';
import { relay } from './relay.ts';
import { sentTo } from './stops.ts';

export interface RelayServiceOptions {
  readonly config: RelayConfig;
  readonly logger: Logger;
}

export type RelayService = ConsumerService;

/** Everything that this service talks to. Nothing is connected yet: it starts with all of them unreachable. */
function connect({ config, logger }: RelayServiceOptions) {
  const database = createPool({
    connectionString: config.DATABASE_URL,
    applicationName: 'relay',
    max: 3,
    logger,
  });
  const kafka = createKafka({ config, clientId: 'license-relay', logger });
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  const admin = new KafkaAdmin(kafka);
  return {
    database,
    kafka,
    log,
    admin,
    async close() {
      admin.close();
      await Promise.all([log.close(), database.end()]);
    },
  };
}

/** The consumer of the log that sends every event to the topic. */
function createConsumer(
  { database: pool, kafka, log, admin }: ReturnType<typeof connect>,
  { config, logger }: RelayServiceOptions,
  metrics: RelayMetrics,
): Consumer {
  const { KAFKA_TOPIC: topic } = config;
  const feed = eventStoreFeed(log, config.RELAY_BATCH_EVENTS, sentTo(topic));
  const options = {
    kafka,
    admin,
    feed,
    pool,
    reader: createReader(),
    topic: {
      topic,
      partitions: config.KAFKA_TOPIC_PARTITIONS,
      replication: config.KAFKA_TOPIC_REPLICATION,
      retentionDays: config.KAFKA_TOPIC_RETENTION_DAYS || undefined,
    },
    metrics,
    clock: systemClock,
    foreign: (event: ForeignEvent) => logger.warn({ err: event }, 'foreign_event_not_sent'),
  };
  const consumer = new Consumer({
    name: 'relay',
    pool,
    lock: ADVISORY_LOCKS.relay(topic),
    missingMigrations: () => missingRelayMigrations(pool),
    waiting: () => feed.waiting,
    isTargetUnavailable: (error) => error instanceof KafkaUnavailable,
    work: { follow: (session) => relay(options, session) },
    clock: systemClock,
    logger,
  });
  metrics.watch(consumer.status);
  return consumer;
}

/**
 * Starts a relay. It waits for what can't be reached, and says on /health/ready what it waits for.
 * @throws ConfigError Kafka's log-in lacks a part; and the listening's error
 */
export async function startRelay(options: RelayServiceOptions): Promise<RelayService> {
  const { config, logger } = options;
  const connections = connect(options);
  const { database, log, admin } = connections;
  const metrics = createMetrics('relay');
  watchPools(metrics.registry, { database });
  const consumer = createConsumer(connections, options, createRelayMetrics(metrics.registry));
  consumer.start();
  return serveConsumer({
    config,
    dependencies: {
      relay: { check: async () => consumer.status.assertRunning(), required: true },
      event_store: { check: () => log.ping(), required: true },
      database: { check: () => database.query('SELECT'), required: true },
      kafka: { check: () => admin.ping(), required: true },
    },
    metrics,
    clock: systemClock,
    logger,
    stopWork: () => consumer.stop(),
    closeConnections: () => connections.close(),
  });
}
