import { watchPools } from '../shared/adapters/postgres/pool-metrics.ts';
import { pingRedis } from '../shared/adapters/redis/ping.ts';
import { redisCounters } from '../shared/adapters/redis/rate-counters.ts';
import { readCatalogue } from '../shared/catalogue/read.ts';
import { type Clock, monotonicClock, systemClock } from '../shared/clock.ts';
import { Health } from '../shared/http/health.ts';
import { AnonymousLimit } from '../shared/http/limits/anonymous-limit.ts';
import { RateLimiter } from '../shared/http/limits/rate-limit.ts';
import { createMetrics } from '../shared/http/metrics.ts';
import { mountDocs } from '../shared/http/openapi/docs.ts';
import { createAuthenticate } from '../shared/http/routes/auth.ts';
import { sessionCookie } from '../shared/http/routes/session-cookie.ts';
import { createHttpApp } from '../shared/http/server/app.ts';
import { startServer } from '../shared/http/server/server.ts';
import type { Running } from '../shared/process/lifecycle.ts';
import type { Logger } from '../shared/process/logger.ts';
import { isTracing } from '../shared/tracing/tracing.ts';
import { LastSeen } from '../shared/usage/last-seen.ts';
import { ServiceKeyUses } from '../shared/usage/service-key-uses.ts';
import { UsageCounter } from '../shared/usage/usage-counter.ts';
import type { QueryConfig } from './config.ts';
import { type Connections, connect } from './connections.ts';
import { endedTokens } from './ended-tokens.ts';
import { mountPages } from './pages/serve.ts';
import { Histories } from './queries/history.ts';
import { ReadYourWrites } from './queries/read-your-writes.ts';
import { countFigures } from './queries/stats/count.ts';
import { keptFigures } from './queries/stats/kept.ts';
import { ReadModelCheckpoint, readCheckpoint } from './read-model-checkpoint.ts';
import { queryRoutes } from './routes/all.ts';
import { createValidation, type Validation } from './validation/create-validation.ts';
import { isValidation } from './validation/http/fast-path.ts';
import { traced } from './validation/http/traced.ts';
import { DatabaseClock } from './validation/views/database-clock.ts';
import type { PausePoint } from './validation/views/loading.ts';
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

/**
 * Ready is a node that can answer some validation: one of the layers below answers, or something is remembered. A
 * node whose layers have gone is worth sending requests to, and one that has only just started without them is not.
 */
function healthOf({ pools, redis }: Connections, validation: Validation, logger: Logger): Health {
  const askDatabase = () => pools.validations.query('SELECT');
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
  const { config, logger, pause, clock = systemClock } = options;
  const connections = await connect({ config, logger, clock });
  const { rings, pools, redis, subscriber, tokens } = connections;
  const { database } = pools;
  const { TRUSTED_PROXIES: trusted } = config;
  const metrics = createMetrics('query-service');
  watchPools(metrics.registry, pools);
  const limiter = new RateLimiter({ shared: redisCounters(redis), clock, logger });
  const anonymous = new AnonymousLimit(limiter, config.ANONYMOUS_PER_MINUTE);
  const usage = new UsageCounter({ pool: pools.usage, clock, logger, registry: metrics.registry });
  const keyUses = new ServiceKeyUses({ pool: pools.usage, clock, logger });
  const lastSeen = new LastSeen({ pool: pools.usage, clock, logger });
  const checkpoint = new ReadModelCheckpoint({ read: () => readCheckpoint(database) });
  const databaseClock = new DatabaseClock(monotonicClock, clock);
  const catalogue = readCatalogue(config.PLAN_CATALOGUE_FILE, logger);
  const validation = createValidation({
    sources: pairSources(pools.validations, redis, databaseClock, monotonicClock),
    checkpoint,
    databaseClock,
    catalogue,
    maxLicenses: config.LICENSES_IN_MEMORY,
    ring: rings.activation,
    ...{
      redis,
      subscriber,
      tokens,
      limiter,
      anonymous,
      usage,
      lastSeen,
      metrics,
      trusted,
      clock,
      logger,
      pause,
    },
  });
  const health = healthOf(connections, validation, logger);
  const app = createHttpApp({
    routes: queryRoutes,
    context: {
      db: database,
      readYourWrites: new ReadYourWrites({ db: database, checkpoint }),
      histories: new Histories({ log: connections.eventLog, db: database, logger }),
      stats: keptFigures({ count: (now) => countFigures(database, now), clock, logger }),
      catalogue,
      leaseKeys: rings.lease,
      clock,
    },
    authenticate: createAuthenticate({
      tokens,
      cookie: sessionCookie(config.PUBLIC_URL),
      isEnded: endedTokens(database, keyUses),
    }),
    limits: { queries: config.QUERIES_PER_MINUTE },
    anonymous,
    extend: (express) => {
      mountDocs(express, API_DOCUMENT);
      mountPages(express);
    },
    ...{ trusted, limiter, usage, metrics, health, logger },
  });
  validation.start();
  await health.start();
  limiter.start();
  usage.start();
  lastSeen.start();
  const stopWork = async () => {
    await Promise.all([health.stop(), validation.stop()]);
    await Promise.all([usage.stop(), lastSeen.stop(), keyUses.stop(), limiter.stop()]);
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
