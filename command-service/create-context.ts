import { watchPools } from '../shared/adapters/postgres/pool-metrics.ts';
import { redisKnownAddresses } from '../shared/adapters/redis/known-addresses.ts';
import { redisCounters } from '../shared/adapters/redis/rate-counters.ts';
import { readCatalogue } from '../shared/catalogue/read.ts';
import { systemClock } from '../shared/clock.ts';
import { ConfigError } from '../shared/config.ts';
import { createCodec } from '../shared/events/codec.ts';
import { FailureLimit, GUESS_KINDS, type Guesses } from '../shared/http/limits/failure-limit.ts';
import { RateLimiter } from '../shared/http/limits/rate-limit.ts';
import { pendingCookie, sessionCookie } from '../shared/http/routes/session-cookie.ts';
import type { Logger } from '../shared/process/logger.ts';
import { createErasureIntents } from './accounts/erasing/erasure-intents.ts';
import { Passwords } from './accounts/passwords.ts';
import type { CommandConfig } from './config.ts';
import type { Connections } from './connections.ts';
import type { CommandContext } from './context.ts';
import type { Pause } from './dependencies.ts';
import { createSnapshots } from './execute/states/snapshots.ts';
import { createExecutor } from './executor.ts';
import { createFindLicenseKey } from './license-keys/find.ts';
import { createCommandMetrics } from './metrics.ts';
import { createClientFacts } from './read-model/client-facts.ts';
import { createOwnerIndex } from './read-model/owners.ts';
import { createProvider, type Provider } from './staff/openid/provider.ts';
import { createStaff } from './staff/staff.ts';
import { createDeliveries } from './webhooks/deliveries.ts';
import { createWebhooks } from './webhooks/webhooks.ts';

export interface ContextOptions {
  readonly config: CommandConfig;
  readonly logger: Logger;
  readonly pause?: Pause;
}

const HOUR_MS = 3_600_000;

/** Wrong guesses are counted by the hour, over all nodes. */
export function createGuesses({ metrics, redis }: Connections, { config, logger }: ContextOptions) {
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
    known: redisKnownAddresses(redis, logger),
    onRefused: (kind) => metrics.rateLimited.inc(limit(kind)),
  });
  return { guesses, limiter };
}

/** Undefined where none is configured. @throws ConfigError it is configured by halves */
export function providerFrom(config: CommandConfig): Provider | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = config;
  if (issuer === undefined && clientId === undefined && clientSecret === undefined) return undefined;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined)
    throw new ConfigError(['OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET: set all three, or none']);
  const redirectUri = `${config.PUBLIC_URL.replace(/\/+$/, '')}/v1/staff/oidc/callback`;
  return createProvider({ issuer, clientId, clientSecret, redirectUri });
}

/** The write side of this node, and its metrics. */
export function createContext(
  connections: Connections,
  options: ContextOptions,
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
  const staff = createStaff(dependencies);
  const executor = createExecutor(dependencies, staff.members);
  watch(executor, passwords, limiter);
  const owners = createOwnerIndex({ pool: database, log });
  const clientFacts = createClientFacts({ pool: connections.factsDatabase, logger: options.logger });
  const cookies = {
    cookie: sessionCookie(config.PUBLIC_URL),
    pendingCookie: pendingCookie(config.PUBLIC_URL),
  };
  const webhooks = { ...createWebhooks(dependencies), allowPrivate: config.WEBHOOK_ALLOW_PRIVATE };
  const deliveries = createDeliveries(database, clock);
  const findLicenseKey = createFindLicenseKey(executor.licenseKeys, guesses);
  return {
    ...{
      executor,
      ...staff,
      ...cookies,
      provider: providerFrom(config),
      webhooks,
      deliveries,
      tokens,
      owners,
      clientFacts,
      findLicenseKey,
    },
    ...{ outcomes, guesses },
  };
}
