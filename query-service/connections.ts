import { createPool } from '../shared/adapters/postgres/pool.ts';
import { connectRedis } from '../shared/adapters/redis/client.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/process/logger.ts';
import { createTokens } from '../shared/tokens/create-tokens.ts';
import { openKeyRings } from '../shared/tokens/file-key-ring.ts';
import type { QueryConfig } from './config.ts';
import { openEventLog } from './event-log.ts';
import { LOOKUP_SETTINGS } from './queries/lookup-settings.ts';

export interface ConnectOptions {
  readonly config: QueryConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

export type Connections = Awaited<ReturnType<typeof connect>>;

/** Two batches of views, and the question what may be trusted: see views/pair-loader.ts and trust/trust.ts. */
const VALIDATION_CONNECTIONS = 3;

/**
 * Everything that this service talks to. Nothing is connected to yet: it starts with all of them unreachable.
 *
 * Validations have a pool of their own, so that no other query, however many are asked, makes one wait for a connection.
 */
export async function connect({ config, logger, clock }: ConnectOptions) {
  const production = config.NODE_ENV === 'production';
  const rings = await openKeyRings({ file: config.KEYRING_FILE, production, clock, logger });
  const common = {
    applicationName: 'query-service',
    logger,
    // A validation does not wait longer than this for views that it has nothing else for.
    statementTimeoutMs: 3_000,
    connectionTimeoutMs: 1_000,
    settings: LOOKUP_SETTINGS,
  };
  const { DATABASE_URL: connectionString, DATABASE_CONNECTIONS: connections } = config;
  const validations = createPool({ ...common, connectionString, max: VALIDATION_CONNECTIONS });
  const database = createPool({
    ...common,
    connectionString,
    max: connections - VALIDATION_CONNECTIONS - 1,
  });
  const usage = createPool({
    ...common,
    connectionString: config.USAGE_DATABASE_URL ?? connectionString,
    max: 1,
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
    rings,
    /** For validations, for the other queries, and for writing usage. */
    pools: { validations, database, usage },
    eventLog,
    redis,
    subscriber,
    tokens: createTokens({ rings, issuer: config.TOKEN_ISSUER, clock }),
    async close() {
      rings.close();
      redis.disconnect();
      subscriber.disconnect();
      await Promise.all([validations.end(), database.end(), usage.end(), eventLog?.close()]);
    },
  };
}
