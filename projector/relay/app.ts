import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { KafkaAdmin } from '../../shared/adapters/kafka/admin.ts';
import { createKafka } from '../../shared/adapters/kafka/client.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { watchPools } from '../../shared/adapters/postgres/pool-metrics.ts';
import { systemClock } from '../../shared/clock.ts';
import { createReader } from '../../shared/events/codec.ts';
import { Health } from '../../shared/http/health.ts';
import { RateLimiter } from '../../shared/http/limits/rate-limit.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import { Problem } from '../../shared/http/problems/problem.ts';
import { createHttpApp } from '../../shared/http/server/app.ts';
import { startServer } from '../../shared/http/server/server.ts';
import type { Running } from '../../shared/lifecycle.ts';
import type { Logger } from '../../shared/logger.ts';
import { missingRelayMigrations } from '../schemas/migrate.ts';
import type { RelayConfig } from './config.ts';
import { createRelayMetrics } from './metrics.ts';
import { RelayRunner } from './runner.ts';
import { EventSource } from './source.ts';

export interface RelayServiceOptions {
  readonly config: RelayConfig;
  readonly logger: Logger;
}

export interface RelayService extends Running {
  readonly url: string;
  readonly port: number;
}

/** Everything that this service talks to. Nothing is connected to yet: it starts with all of them away. */
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

type Connections = ReturnType<typeof connect>;

function createRunner({ database, kafka, log, admin }: Connections, { config, logger }: RelayServiceOptions) {
  const metrics = createMetrics('relay');
  watchPools(metrics.registry, { database });
  const relayMetrics = createRelayMetrics(metrics.registry);
  const runner = new RelayRunner({
    kafka,
    admin,
    source: new EventSource(log, config.RELAY_BATCH_EVENTS),
    pool: database,
    reader: createReader(),
    topic: {
      topic: config.KAFKA_TOPIC,
      partitions: config.KAFKA_TOPIC_PARTITIONS,
      replication: config.KAFKA_TOPIC_REPLICATION,
      retentionDays: config.KAFKA_TOPIC_RETENTION_DAYS || undefined,
    },
    missingMigrations: () => missingRelayMigrations(database),
    clock: systemClock,
    logger,
    metrics: relayMetrics,
  });
  relayMetrics.watch(() => runner.observe());
  return { runner, metrics };
}

/**
 * Starts a relay. It waits for what is away, and says on /health/ready what it waits for.
 * @throws ConfigError Kafka's log-in lacks a part; and the listening's error
 */
export async function startRelay(options: RelayServiceOptions): Promise<RelayService> {
  const { config, logger } = options;
  const connections = connect(options);
  const { database, log, admin } = connections;
  const { runner, metrics } = createRunner(connections, options);
  const health = new Health({
    logger,
    dependencies: {
      relay: { check: async () => runner.assertRunning(), required: true },
      event_store: { check: () => log.ping(), required: true },
      database: { check: () => database.query('SELECT'), required: true },
      kafka: { check: () => admin.ping(), required: true },
    },
  });
  const listener = createHttpApp({
    // Health and metrics alone: nobody has to say who he is, and nothing is limited.
    routes: [],
    context: undefined,
    authenticate: async () => {
      throw new Problem('token_required');
    },
    limits: {},
    limiter: new RateLimiter({ clock: systemClock, logger }),
    trusted: config.TRUSTED_PROXIES,
    metrics,
    health,
    logger,
  });
  runner.start();
  await health.start();
  const stopWork = async () => {
    await runner.stop();
    await health.stop();
    await connections.close();
  };
  try {
    const { HOST: host, PORT: port, DRAIN_MS: drainMs } = config;
    const server = await startServer({ listener, host, port, health, logger, drainMs });
    let stopped: Promise<unknown> | undefined;
    return {
      url: server.url,
      port: server.port,
      stop: async () => {
        stopped ??= Promise.all([server.stop(), stopWork()]);
        await stopped;
      },
    };
  } catch (error) {
    await stopWork();
    throw error;
  }
}
