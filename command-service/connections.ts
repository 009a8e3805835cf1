import { connectEventLog } from '../shared/adapters/eventstoredb/client.ts';
import { ClockDifference } from '../shared/adapters/postgres/clock-difference.ts';
import { createPool } from '../shared/adapters/postgres/pool.ts';
import { connectRedis } from '../shared/adapters/redis/client.ts';
import type { Clock } from '../shared/clock.ts';
import { createMetrics } from '../shared/http/metrics.ts';
import type { Logger } from '../shared/process/logger.ts';
import { createTokens } from '../shared/tokens/create-tokens.ts';
import { openKeyRings } from '../shared/tokens/file-key-ring.ts';
import { loadMasterKey } from '../shared/vault/master-key.ts';
import { createVault } from '../shared/vault/postgres-vault.ts';
import type { CommandConfig } from './config.ts';
import { FACTS_WAIT_MS } from './read-model/client-facts.ts';

export interface ConnectOptions {
  readonly config: CommandConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

export type Connections = Awaited<ReturnType<typeof connect>>;

/** Everything that this service talks to. Nothing is connected to yet: it starts with all of them unavailable. */
export async function connect({ config, logger, clock: given }: ConnectOptions) {
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
  // Of its own: one of its connections is held by whoever leads.
  const dueDatabase = pool(config.DATABASE_URL, 'command-service-due', 3);
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
    dueDatabase,
    redis,
    tokens: createTokens({ rings, issuer: config.TOKEN_ISSUER, clock }),
    vault: createVault({ db: vaultDatabase, masterKey, clock }),
    async close() {
      rings.close();
      redis.disconnect();
      const pools = [database, vaultDatabase, factsDatabase, dueDatabase];
      await Promise.all([log.close(), ...pools.map((one) => one.end())]);
    },
  };
}
