import { connectEventLog } from '../shared/adapters/eventstoredb/client.ts';
import { ClockDifference } from '../shared/adapters/postgres/clock-difference.ts';
import { createPool } from '../shared/adapters/postgres/pool.ts';
import { watchPools } from '../shared/adapters/postgres/pool-metrics.ts';
import { connectRedis } from '../shared/adapters/redis/client.ts';
import { redisKnownAddresses } from '../shared/adapters/redis/known-addresses.ts';
import { pingRedis } from '../shared/adapters/redis/ping.ts';
import { redisCounters } from '../shared/adapters/redis/rate-counters.ts';
import { readCatalogue } from '../shared/catalogue/read.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { createCodec } from '../shared/events/codec.ts';
import { Health } from '../shared/http/health.ts';
import { AnonymousLimit } from '../shared/http/limits/anonymous-limit.ts';
import { FailureLimit, GUESS_KINDS, type Guesses } from '../shared/http/limits/failure-limit.ts';
import { RateLimiter } from '../shared/http/limits/rate-limit.ts';
import { createMetrics } from '../shared/http/metrics.ts';
import { createAuthenticate } from '../shared/http/routes/auth.ts';
import { createHttpApp } from '../shared/http/server/app.ts';
import { startServer } from '../shared/http/server/server.ts';
import type { Running } from '../shared/process/lifecycle.ts';
import type { Logger } from '../shared/process/logger.ts';
import { createTokens } from '../shared/tokens/create-tokens.ts';
import { openKeyRings } from '../shared/tokens/file-key-ring.ts';
import type { AccessClaims } from '../shared/tokens/tokens.ts';
import { ServiceKeyUses } from '../shared/usage/service-key-uses.ts';
import { UsageCounter } from '../shared/usage/usage-counter.ts';
import { loadMasterKey } from '../shared/vault/master-key.ts';
import { createVault } from '../shared/vault/postgres-vault.ts';
import { createErasureIntents } from './accounts/erasing/erasure-intents.ts';
import { startSweeping } from './accounts/erasing/sweeping.ts';
import { Passwords } from './accounts/passwords.ts';
import type { CommandConfig } from './config.ts';
import type { CommandContext } from './context.ts';
import type { Pause } from './dependencies.ts';
import { createSnapshots } from './execute/states/snapshots.ts';
import { createExecutor } from './executor.ts';
import { createFindLicenseKey } from './license-keys/find.ts';
import { createCommandMetrics } from './metrics.ts';
import { createClientFacts, FACTS_WAIT_MS } from './read-model/client-facts.ts';
import { createOwnerIndex } from './read-model/owners.ts';
import { commandRoutes } from './routes/all.ts';
import { createServiceAccounts } from './staff/service-accounts.ts';

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

/** Everything that this service talks to. Nothing is connected to yet: it starts with all of them unavailable. */
async function connect({ config, logger, clock: given = systemClock }: CommandServiceOptions) {
  const metrics = createMetrics('command-service');
  const pool = (connectionString: string, applicationName: string, max: number) =>
    createPool({ connectionString, applicationName, max, logger, statementTimeoutMs: 5_000 });
  const production = config.NODE_ENV === 'production';
  const rings = await openKeyRings({ file: config.KEYRING_FILE, production, clock: given, logger });
  const masterKey = await loadMasterKey(config, logger);
  const database = pool(config.DATABASE_URL, 'command-service', 4);
  const vaultDatabase = pool(config.VAULT_DATABASE_URL ?? config.DATABASE_URL, 'command-service-vault', 8);
  // Of its own: a slow question that answers can do without must not take the connections of those that can't.
  const factsDatabase = createPool({
    connectionString: config.DATABASE_URL,
    applicationName: 'command-service-facts',
    max: 2,
    logger,
    statementTimeoutMs: FACTS_WAIT_MS,
  });
  const clockDifference = new ClockDifference({
    database: vaultDatabase,
    clock: given,
    registry: metrics.registry,
  });
  // Nothing is decided or signed by a clock that is wrong.
  const clock = clockDifference.checked;
  const redis = connectRedis({ url: config.REDIS_URL, name: 'command-service', logger });
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  return {
    metrics,
    clock,
    clockDifference,
    log,
    database,
    vaultDatabase,
    factsDatabase,
    redis,
    tokens: createTokens({ rings, issuer: config.TOKEN_ISSUER, clock }),
    vault: createVault({ db: vaultDatabase, masterKey, clock }),
    async close() {
      rings.close();
      redis.disconnect();
      await Promise.all([log.close(), database.end(), vaultDatabase.end(), factsDatabase.end()]);
    },
  };
}

type Connections = Awaited<ReturnType<typeof connect>>;

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
  commands: config.COMMANDS_PER_MINUTE,
  staff_commands: config.OPERATOR_COMMANDS_PER_MINUTE,
});

const HOUR_MS = 3_600_000;

/** Wrong guesses are counted by the hour, over all nodes. */
function createGuesses({ metrics, redis }: Connections, { config, logger }: CommandServiceOptions) {
  const limiter = new RateLimiter({
    shared: redisCounters(redis),
    clock: systemClock,
    logger,
    windowMs: HOUR_MS,
  });
  const limit = (kind: string) => ({ limit: `${kind}_guesses` });
  for (const kind of GUESS_KINDS) metrics.rateLimited.inc(limit(kind), 0);
  const guesses = new FailureLimit({
    limiter,
    perAddress: config.WRONG_GUESSES_PER_ADDRESS,
    perAccount: config.WRONG_GUESSES_PER_ACCOUNT,
    known: redisKnownAddresses(redis),
    onRefused: (kind) => metrics.rateLimited.inc(limit(kind)),
  });
  return { guesses, limiter };
}

/** The write side of this node, and its metrics. */
function createContext(
  connections: Connections,
  options: CommandServiceOptions,
  limiter: RateLimiter,
  guesses: Guesses,
): CommandContext {
  const { config, pause } = options;
  const { metrics, clock, log, vault, tokens, database, vaultDatabase } = connections;
  watchPools(metrics.registry, { database, vault: vaultDatabase });
  const { outcomes, onAppend, watch } = createCommandMetrics(metrics.registry);
  const passwords = new Passwords({
    maxConcurrent: config.PASSWORD_HASHES_AT_ONCE,
    maxWaiting: config.PASSWORD_HASHES_WAITING,
  });
  const dependencies = {
    log,
    codec: createCodec({ writeLevel: config.EVENT_SCHEMA_LEVEL, vault }),
    vault,
    snapshots: createSnapshots({ db: vaultDatabase, logger: options.logger }),
    erasures: createErasureIntents(vaultDatabase),
    passwords,
    guesses,
    catalogue: readCatalogue(config.PLAN_CATALOGUE_FILE, options.logger),
    clock,
    stateCacheBytes: config.STATE_CACHE_MB * 2 ** 20,
    appendDeadlineMs: config.APPEND_DEADLINE_MS,
    readDeadlineMs: config.READ_DEADLINE_MS,
    onAppend,
    ...(pause && { pause }),
  };
  const executor = createExecutor(dependencies);
  watch(executor, passwords, limiter);
  const owners = createOwnerIndex({ pool: database, log });
  const clientFacts = createClientFacts({ pool: connections.factsDatabase, logger: options.logger });
  const serviceAccounts = createServiceAccounts(dependencies);
  const findLicenseKey = createFindLicenseKey(executor.licenseKeys, guesses);
  return { executor, serviceAccounts, tokens, owners, clientFacts, findLicenseKey, outcomes, guesses };
}

/** A service account's token is judged here; a user's by the executor, by the state that it decides on. */
const hasEnded =
  ({ serviceAccounts }: CommandContext, uses: ServiceKeyUses) =>
  async (claims: AccessClaims): Promise<boolean> => {
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
  const { config, logger } = options;
  const connections = await connect(options);
  const { metrics, database, redis, tokens } = connections;
  const limiter = new RateLimiter({ shared: redisCounters(redis), clock: systemClock, logger });
  const guessing = createGuesses(connections, options);
  const context = createContext(connections, options, limiter, guessing.guesses);
  const usage = new UsageCounter({ pool: database, clock: systemClock, logger, registry: metrics.registry });
  const keyUses = new ServiceKeyUses({ pool: database, clock: systemClock, logger });
  const health = healthOf(connections, logger);
  const app = createHttpApp({
    routes: commandRoutes,
    elsewhere: {
      '/v1/users': ['GET'],
      '/v1/users/{id}': ['GET'],
      '/v1/subscriptions': ['GET'],
      '/v1/service-accounts': ['GET'],
      '/v1/service-accounts/{id}': ['GET'],
    },
    context,
    authenticate: createAuthenticate({
      tokens,
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
  const stopWork = async () => {
    await Promise.all([sweeping.stop(), health.stop()]);
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
