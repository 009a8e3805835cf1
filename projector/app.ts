import { watchPools } from '../shared/adapters/postgres/pool-metrics.ts';
import { watchServers } from '../shared/adapters/postgres/server-metrics.ts';
import { pingRedis } from '../shared/adapters/redis/ping.ts';
import { Health } from '../shared/http/health.ts';
import { RateLimiter } from '../shared/http/limits/rate-limit.ts';
import { createMetrics } from '../shared/http/metrics.ts';
import { Problem } from '../shared/http/problems/problem.ts';
import { createHttpApp } from '../shared/http/server/app.ts';
import { startServer } from '../shared/http/server/server.ts';
import type { Running } from '../shared/lifecycle.ts';
import type { Logger } from '../shared/logger.ts';
import { READ_MODEL_SCHEMA } from '../shared/read-model/rows.ts';
import { type Connections, type ConnectOptions, connect } from './connections.ts';
import { createRunner } from './create-runner.ts';
import type { Runner } from './follow/runner.ts';
import { createProjectorMetrics } from './metrics.ts';
import { migrateAll } from './schemas/migrate.ts';
import { tendPartitions } from './schemas/partitions.ts';
import { startTending } from './schemas/tending.ts';
import { finishErasures } from './write/erase-usage.ts';

export type ProjectorServiceOptions = ConnectOptions;

export interface ProjectorService extends Running {
  readonly url: string;
  readonly port: number;
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
  const metrics = createMetrics('projector');
  const runner = createRunner(connections, config, logger, createProjectorMetrics(metrics.registry));
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
    round: async () => {
      await finishErasures(database);
      await tendPartitions({
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
  await health.start();
  const stopWork = async () => {
    await Promise.all([runner.stop(), tending.stop(), measuring.stop()]);
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
