import { pingRedis } from '../shared/adapters/redis/ping.ts';
import { redisCounters } from '../shared/adapters/redis/rate-counters.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { Health } from '../shared/http/health.ts';
import { AnonymousLimit } from '../shared/http/limits/anonymous-limit.ts';
import { RateLimiter } from '../shared/http/limits/rate-limit.ts';
import { createAuthenticate } from '../shared/http/routes/auth.ts';
import { createHttpApp } from '../shared/http/server/app.ts';
import { startServer } from '../shared/http/server/server.ts';
import type { Running } from '../shared/process/lifecycle.ts';
import type { Logger } from '../shared/process/logger.ts';
import type { AccessClaims, SessionClaims } from '../shared/tokens/tokens.ts';
import { ServiceKeyUses } from '../shared/usage/service-key-uses.ts';
import { UsageCounter } from '../shared/usage/usage-counter.ts';
import { startSweeping } from './accounts/erasing/sweeping.ts';
import type { CommandConfig } from './config.ts';
import { type Connections, connect } from './connections.ts';
import type { CommandContext } from './context.ts';
import { createContext, createGuesses } from './create-context.ts';
import type { Pause } from './dependencies.ts';
import { createDue } from './due/create-due.ts';
import { commandRoutes } from './routes/all.ts';

export interface CommandServiceOptions {
  readonly config: CommandConfig;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Where a test can stop a command between its steps. */
  readonly pause?: Pause;
}

export interface CommandService extends Running {
  readonly url: string;
  readonly port: number;
}

const healthOf = (connections: Connections, logger: Logger): Health => {
  const { log, vault, vaultDatabase, database, redis, clockDifference } = connections;
  return new Health({
    logger,
    dependencies: {
      clock: { check: () => clockDifference.check(), required: true },
      event_store: { check: () => log.ping(), required: true },
      // Its digest keys are kept once read, so that check alone would not notice that the database is unavailable.
      vault: { check: () => Promise.all([vault.check(), vaultDatabase.query('SELECT')]), required: true },
      // Operators' commands and usage counts need it; customers' commands don't.
      database: { check: () => database.query('SELECT'), required: false },
      redis: { check: (signal) => pingRedis(redis, signal), required: false },
    },
  });
};

const limitsOf = (config: CommandConfig) => ({
  signups: config.SIGNUPS_PER_MINUTE,
  logins: config.LOGINS_PER_MINUTE,
  mails: config.MAILS_PER_MINUTE,
  commands: config.COMMANDS_PER_MINUTE,
  staff_commands: config.OPERATOR_COMMANDS_PER_MINUTE,
});

/** A token of staff is judged here; a user's by the executor, by the state that it decides on. */
const hasEnded =
  ({ serviceAccounts, members }: CommandContext, uses: ServiceKeyUses) =>
  async (claims: AccessClaims | SessionClaims): Promise<boolean> => {
    if (claims.role === 'member') return members.hasEnded(claims);
    if (claims.role !== 'staff') return false;
    const ended = await serviceAccounts.hasEnded(claims);
    if (!ended) uses.note(claims.key);
    return ended;
  };

/**
 * Starts a command node. It answers at once; what needs a store that is unavailable gets a 503 until it is back.
 * @throws ConfigError a key is missing or malformed; and the listening's error
 */
export async function startCommandService(options: CommandServiceOptions): Promise<CommandService> {
  const { config, logger, clock = systemClock } = options;
  const connections = await connect({ config, logger, clock });
  const { metrics, database, redis, tokens } = connections;
  const limiter = new RateLimiter({ shared: redisCounters(redis), clock: systemClock, logger });
  const guessing = createGuesses(connections, options);
  const context = createContext(connections, options, limiter, guessing.guesses);
  const usage = new UsageCounter({ pool: database, clock: systemClock, logger, registry: metrics.registry });
  const keyUses = new ServiceKeyUses({ pool: database, clock: systemClock, logger });
  const health = healthOf(connections, logger);
  const app = createHttpApp({
    routes: commandRoutes,
    context,
    authenticate: createAuthenticate({
      tokens,
      cookie: context.cookie,
      isEnded: hasEnded(context, keyUses),
      importedLicenseKeys: config.IMPORTED_LICENSE_KEYS,
    }),
    limits: limitsOf(config),
    anonymous: new AnonymousLimit(limiter, config.ANONYMOUS_PER_MINUTE),
    trusted: config.TRUSTED_PROXIES,
    limiter,
    usage,
    metrics,
    health,
    logger,
  });
  await health.start();
  limiter.start();
  guessing.limiter.start();
  usage.start();
  const sweeping = startSweeping(context.executor, logger);
  const due = createDue(connections, context, options);
  const stopWork = async () => {
    await Promise.all([sweeping.stop(), due.stop(), health.stop()]);
    await Promise.all([usage.stop(), keyUses.stop(), limiter.stop(), guessing.limiter.stop()]);
    await connections.close();
  };
  try {
    const { HOST: host, PORT: port, DRAIN_MS: drainMs } = config;
    const server = await startServer({ listener: app, host, port, health, logger, drainMs });
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
