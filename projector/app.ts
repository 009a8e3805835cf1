import { watchPools } from '../shared/adapters/postgres/pool-metrics.ts';
import { watchServers } from '../shared/adapters/postgres/server-metrics.ts';
import { pingRedis } from '../shared/adapters/redis/ping.ts';
import { createMetrics } from '../shared/http/metrics.ts';
import { READ_MODEL_SCHEMA } from '../shared/read-model/rows.ts';
import { type ConnectOptions, connect } from './connections.ts';
import { createConsumer } from './create-consumer.ts';
import { createProjectorMetrics } from './metrics.ts';
import { startMaintenance } from './schemas/maintenance.ts';
import { migrateAll } from './schemas/migrate.ts';
import { maintainPartitions } from './schemas/partitions.ts';
import { type ConsumerService, serveConsumer } from './service.ts';
import { finishErasures } from './write/erase-usage.ts';

export type ProjectorServiceOptions = ConnectOptions;
export type ProjectorService = ConsumerService;

/**
 * Starts a projector. It waits for what can't be reached, and says on /health/ready what it waits for.
 * @throws ConfigError the master key is missing or malformed; and the listening's error
 */
export async function startProjector(options: ProjectorServiceOptions): Promise<ProjectorService> {
  const { config, logger } = options;
  const connections = await connect(options);
  const { clock, log, database, vault, vaultDatabase, redis } = connections;
  const metrics = createMetrics('projector');
  const consumer = createConsumer(connections, config, logger, createProjectorMetrics(metrics.registry));
  if (config.MIGRATE_ON_START) {
    const sets = await migrateAll({ database, vault: vaultDatabase });
    logger.info({ applied: sets.flatMap(({ applied }) => applied) }, 'migrated');
  }
  consumer.start();
  const maintenance = startMaintenance({
    active: () => consumer.following,
    round: async () => {
      await finishErasures(database);
      await maintainPartitions({
        pool: database,
        schema: READ_MODEL_SCHEMA,
        retentionDays: config.USAGE_RETENTION_DAYS,
        clock,
        logger,
      });
    },
    logger,
  });
  watchPools(metrics.registry, { database, vault: vaultDatabase });
  const measuring = watchServers({
    registry: metrics.registry,
    servers: { read_model: database, ...(config.VAULT_DATABASE_URL && { vault: vaultDatabase }) },
    logger,
  });
  return serveConsumer({
    config,
    dependencies: {
      feed: { check: async () => consumer.status.assertRunning(), required: true },
      event_store: { check: () => log.ping(), required: true },
      database: { check: () => database.query('SELECT'), required: true },
      vault: { check: () => vault.check(), required: true },
      redis: { check: (signal) => pingRedis(redis, signal), required: false },
    },
    metrics,
    clock,
    logger,
    stopWork: async () => {
      await Promise.all([consumer.stop(), maintenance.stop(), measuring.stop()]);
    },
    closeConnections: () => connections.close(),
  });
}
