import { setTimeout as wait } from 'node:timers/promises';
import { createPool } from '../shared/adapters/postgres/pool.ts';
import { watchPools } from '../shared/adapters/postgres/pool-metrics.ts';
import { connectRedis } from '../shared/adapters/redis/client.ts';
import { pingRedis } from '../shared/adapters/redis/ping.ts';
import { redisCounters } from '../shared/adapters/redis/rate-counters.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { Health } from '../shared/http/health.ts';
import { AnonymousLimit } from '../shared/http/limits/anonymous-limit.ts';
import { RateLimiter } from '../shared/http/limits/rate-limit.ts';
import { createMetrics } from '../shared/http/metrics.ts';
import { mountDocs } from '../shared/http/openapi/docs.ts';
import { Problem } from '../shared/http/problems/problem.ts';
import { createAuthenticate } from '../shared/http/routes/auth.ts';
import { createHttpApp } from '../shared/http/server/app.ts';
import { startServer } from '../shared/http/server/server.ts';
import type { Running } from '../shared/lifecycle.ts';
import type { Logger } from '../shared/logger.ts';
import { readPlanCatalogue } from '../shared/plans.ts';
import { createTokens } from '../shared/tokens/create-tokens.ts';
import { openKeyRings } from '../shared/tokens/file-key-ring.ts';
import type { AccessClaims } from '../shared/tokens/tokens.ts';
import { isTracing } from '../shared/tracing/tracing.ts';
import { UsageCounter } from '../shared/usage/usage-counter.ts';
import type { QueryConfig } from './config.ts';
import { openEventLog } from './event-log.ts';
import { Histories } from './queries/history.ts';
import { LOOKUP_SETTINGS } from './queries/lookup-settings.ts';
import { Standing } from './queries/standing.ts';
import { statsReader } from './queries/stats.ts';
import { tokenHasEnded } from './queries/users.ts';
import { queryRoutes } from './routes/all.ts';
import { createValidation, type Validation } from './validation/create-validation.ts';
import { isValidation } from './validation/http/fast-path.ts';
import { traced } from './validation/http/traced.ts';
import { DatabaseClock } from './validation/views/database-clock.ts';
import type { PausePoint } from './validation/views/pair-loader.ts';
import { pairSources } from './validation/views/pair-sources.ts';

export interface QueryServiceOptions {
  readonly config: QueryConfig;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Where a test can hold a load of views between its steps. */
  readonly pause?: (point: PausePoint) => Promise<void>;
}

export interface QueryService extends Running {
  readonly url: string;
  readonly port: number;
}

const API_DOCUMENT = new URL('../docs/openapi.json', import.meta.url);

/** Everything that this service talks to. Nothing is connected to yet: it starts with all of them away. */
async function connect({ config, logger, clock = systemClock }: QueryServiceOptions) {
  const production = config.NODE_ENV === 'production';
  const rings = await openKeyRings({ file: config.KEYRING_FILE, production, clock, logger });
  const database = createPool({
    connectionString: config.DATABASE_URL,
    applicationName: 'query-service',
    max: config.DATABASE_CONNECTIONS,
    logger,
    // A validation does not wait longer than this for views that it has nothing else for.
    statementTimeoutMs: 3_000,
    connectionTimeoutMs: 1_000,
    settings: LOOKUP_SETTINGS,
  });
  const redis = connectRedis({ url: config.REDIS_URL, name: 'query-service', logger });
  const subscriber = connectRedis({
    url: config.REDIS_URL,
    name: 'query-service-notices',
    logger,
    subscriber: true,
  });
  const eventLog = config.EVENTSTORE_URL ? await openEventLog(config.EVENTSTORE_URL) : undefined;
  return {
    clock,
    rings,
    database,
    eventLog,
    redis,
    subscriber,
    tokens: createTokens({ rings, issuer: config.TOKEN_ISSUER, clock }),
    async close() {
      rings.close();
      redis.disconnect();
      subscriber.disconnect();
      await Promise.all([database.end(), eventLog?.close()]);
    },
  };
}

type Connections = Awaited<ReturnType<typeof connect>>;

/** A token's user may be newer than the read model; then it is waited for, a moment. */
const UNKNOWN_USER_WAIT_MS = 1_000;

const hasEnded =
  ({ database }: Connections) =>
  async ({ sub, rev = -1, jti }: AccessClaims): Promise<boolean> => {
    for (const deadline = performance.now() + UNKNOWN_USER_WAIT_MS; ; ) {
      const ended = await tokenHasEnded(database, { sub, rev, jti });
      if (ended !== undefined) return ended;
      if (performance.now() >= deadline) throw new Problem('read_model_behind');
      await wait(25);
    }
  };

/**
 * Ready is a node that can answer some validation: one of the layers below answers, or something is remembered. A
 * node whose layers have gone is worth sending requests to, and one that has only just started without them is not.
 */
function healthOf({ database, redis }: Connections, validation: Validation, logger: Logger): Health {
  const askDatabase = () => database.query('SELECT');
  return new Health({
    logger,
    dependencies: {
      database: { check: askDatabase, required: false },
      redis: { check: (signal) => pingRedis(redis, signal), required: false },
      knowledge: {
        check: async (signal) => {
          if (validation.remembered() === 0) await Promise.any([askDatabase(), pingRedis(redis, signal)]);
        },
        required: true,
      },
    },
  });
}

/**
 * Starts a query node. It answers at once, with whatever of its layers is there.
 * @throws ConfigError the key ring is missing or broken; and the listening's error
 */
export async function startQueryService(options: QueryServiceOptions): Promise<QueryService> {
  const { config, logger, pause } = options;
  const connections = await connect(options);
  const { clock, rings, database, redis, subscriber, tokens } = connections;
  const { TRUSTED_PROXIES: trusted } = config;
  const metrics = createMetrics('query-service');
  watchPools(metrics.registry, { database });
  const limiter = new RateLimiter({ shared: redisCounters(redis), clock, logger });
  const anonymous = new AnonymousLimit(limiter, config.ANONYMOUS_PER_MINUTE);
  const usage = new UsageCounter({ pool: database, clock, logger, registry: metrics.registry });
  const monotonic = () => performance.now();
  const databaseClock = new DatabaseClock(monotonic, clock);
  const validation = createValidation({
    sources: pairSources(database, redis, databaseClock, monotonic),
    databaseClock,
    plans: readPlanCatalogue(config.PLAN_CATALOGUE_FILE),
    maxLicenses: config.LICENSES_IN_MEMORY,
    ring: rings.activation,
    ...{ redis, subscriber, tokens, limiter, anonymous, usage, metrics, trusted, clock, logger, pause },
  });
  const health = healthOf(connections, validation, logger);
  const app = createHttpApp({
    routes: queryRoutes,
    elsewhere: { '/v1/users/{id}': ['DELETE'] },
    context: {
      db: database,
      standing: new Standing({ db: database }),
      histories: new Histories({ log: connections.eventLog, db: database, logger }),
      stats: statsReader(database, clock),
      leaseKeys: rings.lease,
      clock,
    },
    authenticate: createAuthenticate({ tokens, isEnded: hasEnded(connections) }),
    limits: { queries: config.QUERIES_PER_MINUTE },
    anonymous,
    extend: (express) => mountDocs(express, API_DOCUMENT),
    ...{ trusted, limiter, usage, metrics, health, logger },
  });
  validation.start();
  await health.start();
  limiter.start();
  usage.start();
  const stopWork = async () => {
    await Promise.all([health.stop(), validation.stop()]);
    await Promise.all([usage.stop(), limiter.stop()]);
    await connections.close();
  };
  try {
    const { HOST: host, PORT: port, DRAIN_MS: drainMs } = config;
    const { fastPath } = validation;
    // Looked at once: a validation pays nothing for traces that nobody collects.
    const validate = isTracing() ? traced(fastPath) : fastPath.handle.bind(fastPath);
    const server = await startServer({
      listener: (request, response) => {
        if (isValidation(request.url as string)) validate(request, response);
        else app(request, response);
      },
      ...{ host, port, health, logger, drainMs },
    });
    let stopped: Promise<void> | undefined;
    const stop = () => {
      stopped ??= server.stop().then(stopWork);
      return stopped;
    };
    return { url: server.url, port: server.port, stop };
  } catch (error) {
    await stopWork();
    throw error;
  }
}
