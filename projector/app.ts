import { connectEventLog } from '../shared/adapters/eventstoredb/client.ts';
import type { EventLog } from '../shared/adapters/eventstoredb/event-log.ts';
import { createPool } from '../shared/adapters/postgres/pool.ts';
import { watchPools } from '../shared/adapters/postgres/pool-metrics.ts';
import { watchServers } from '../shared/adapters/postgres/server-metrics.ts';
import { connectRedis } from '../shared/adapters/redis/client.ts';
import { pingRedis } from '../shared/adapters/redis/ping.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { createReader } from '../shared/events/codec.ts';
import { createHttpApp } from '../shared/http/app.ts';
import { Health } from '../shared/http/health.ts';
import { createMetrics } from '../shared/http/metrics.ts';
import { Problem } from '../shared/http/problem.ts';
import { RateLimiter } from '../shared/http/rate-limit.ts';
import { startServer } from '../shared/http/server.ts';
import type { Running } from '../shared/lifecycle.ts';
import type { Logger } from '../shared/logger.ts';
import { READ_MODEL_SCHEMA } from '../shared/read-model/rows.ts';
import { loadMasterKey } from '../shared/vault/master-key.ts';
import { createVault } from '../shared/vault/postgres-vault.ts';
import { Caches } from './caches.ts';
import type { ProjectorConfig } from './config.ts';
import { eraseUsage } from './erase-usage.ts';
import { eventStoreFeed } from './feeds/event-store.ts';
import { createProjectorMetrics } from './metrics.ts';
import { migrateAll, missingMigrations } from './migrate.ts';
import { tendPartitions } from './partitions.ts';
import { ReadModelWriter, writerSettings } from './read-model-writer.ts';
import { Runner } from './runner.ts';
import { startTending } from './tending.ts';

export interface ProjectorServiceOptions {
  readonly config: ProjectorConfig;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Another connection to the event log, for tests. */
  readonly log?: EventLog;
}

export interface ProjectorService extends Running {
  readonly url: string;
  readonly port: number;
}

/** Everything that this service talks to. Nothing is connected to yet: it starts with all of them away. */
async function connect({ config, logger, clock = systemClock, log }: ProjectorServiceOptions) {
  const masterKey = await loadMasterKey(config, logger);
  const database = createPool({
    connectionString: config.DATABASE_URL,
    applicationName: 'projector',
    max: 6,
    statementTimeoutMs: 30_000,
    settings: writerSettings(READ_MODEL_SCHEMA),
    logger,
  });
  const vaultDatabase = createPool({
    connectionString: config.VAULT_DATABASE_URL ?? config.DATABASE_URL,
    applicationName: 'projector-vault',
    max: 2,
    logger,
  });
  const redis = connectRedis({ url: config.REDIS_URL, name: 'projector', logger, commandTimeoutMs: 5_000 });
  const eventLog = log ?? connectEventLog({ connectionString: config.EVENTSTORE_URL });
  return {
    clock,
    log: eventLog,
    database,
    vaultDatabase,
    redis,
    vault: createVault({ db: vaultDatabase, masterKey, clock }),
    async close() {
      redis.disconnect();
      await Promise.all([eventLog.close(), database.end(), vaultDatabase.end()]);
    },
  };
}

type Connections = Awaited<ReturnType<typeof connect>>;

function createRunner(connections: Connections, { config, logger }: ProjectorServiceOptions) {
  const { clock, database, log, redis, vault } = connections;
  const metrics = createMetrics('projector');
  const projectorMetrics = createProjectorMetrics(metrics.registry);
  const feed = eventStoreFeed(log, config.PROJECTOR_BATCH_EVENTS);
  const writer = new ReadModelWriter(
    { pool: database, eraseUsage: eraseUsage(logger) },
    { reader: createReader(), vault },
  );
  const caches = new Caches({ db: database, redis, logger, metrics: projectorMetrics });
  const runner = new Runner({
    pool: database,
    feed,
    writer,
    caches,
    maxBatch: config.PROJECTOR_BATCH_EVENTS,
    missingMigrations: () => missingMigrations(database),
    clock,
    logger,
    metrics: projectorMetrics,
  });
  projectorMetrics.watch(() => runner.observe());
  return { runner, caches, metrics };
}

const healthOf = ({ log, database, vault, redis }: Connections, runner: Runner, logger: Logger): Health =>
  new Health({
    logger,
    dependencies: {
      feed: { check: async () => runner.assertRunning(), required: true },
      event_store: { check: () => log.ping(), required: true },
      database: { check: () => database.query('SELECT'), required: true },
      vault: { check: () => vault.check(), required: true },
      redis: { check: (signal) => pingRedis(redis, signal), required: false },
    },
  });

/**
 * Starts a projector. It waits for what is away, and says on /health/ready what it waits for.
 * @throws ConfigError the master key is missing or malformed; and the listening's error
 */
export async function startProjector(options: ProjectorServiceOptions): Promise<ProjectorService> {
  const { config, logger } = options;
  const connections = await connect(options);
  const { clock, database, vaultDatabase } = connections;
  const { runner, caches, metrics } = createRunner(connections, options);
  const health = healthOf(connections, runner, logger);
  const app = createHttpApp({
    // Health and metrics alone: nobody has to say who he is, and nothing is limited.
    routes: [],
    context: undefined,
    authenticate: async () => {
      throw new Problem('token_required');
    },
    limits: {},
    limiter: new RateLimiter({ clock, logger }),
    trusted: config.TRUSTED_PROXIES,
    metrics,
    health,
    logger,
  });
  if (config.MIGRATE_ON_START) {
    const sets = await migrateAll({ database, vault: vaultDatabase });
    logger.info({ applied: sets.flatMap(({ applied }) => applied) }, 'migrated');
  }
  runner.start();
  const tending = startTending({
    active: () => runner.tends,
    round: () =>
      tendPartitions({
        pool: database,
        schema: READ_MODEL_SCHEMA,
        retentionDays: config.USAGE_RETENTION_DAYS,
        clock,
        logger,
      }),
    logger,
  });
  watchPools(metrics.registry, { database, vault: vaultDatabase });
  const measuring = watchServers({
    registry: metrics.registry,
    servers: { read_model: database, ...(config.VAULT_DATABASE_URL && { vault: vaultDatabase }) },
    logger,
  });
  await health.start();
  const stopWork = async () => {
    await Promise.all([runner.stop(), tending.stop(), measuring.stop()]);
    await caches.stop();
    await health.stop();
    await connections.close();
  };
  try {
    const { HOST: host, PORT: port, DRAIN_MS: drainMs } = config;
    const server = await startServer({ listener: app, host, port, health, logger, drainMs });
    let stopped: Promise<void> | undefined;
    const stop = async () => {
      await Promise.all([server.stop(), stopWork()]);
    };
    return {
      url: server.url,
      port: server.port,
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    await stopWork();
    throw error;
  }
}
