import { connectEventLog } from '../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../shared/adapters/postgres/pool.ts';
import { connectRedis } from '../shared/adapters/redis/client.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import type { EventLog } from '../shared/event-log.ts';
import type { Logger } from '../shared/logger.ts';
import { READ_MODEL_SCHEMA } from '../shared/read-model/rows.ts';
import { loadMasterKey } from '../shared/vault/master-key.ts';
import { createVault } from '../shared/vault/postgres-vault.ts';
import type { ProjectorConfig } from './config.ts';
import { writerSettings } from './write/read-model-writer.ts';

export interface ConnectOptions {
  readonly config: ProjectorConfig;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Another connection to the event log, for tests. */
  readonly log?: EventLog;
}

/**
 * Connections to PostgreSQL. The lanes of the Kafka feed write and look up keys side by side: twelve partitions in one
 * process take turns at the larger pools, and wait for a connection instead of failing.
 */
const POOL = {
  event_store: { max: 6 },
  kafka: { max: 12, connectionTimeoutMs: 10_000 },
};
/** The health check waits its turn here, too. */
const VAULT_POOL = {
  event_store: { max: 2 },
  kafka: { max: 4, connectionTimeoutMs: 10_000 },
};

export type Connections = Awaited<ReturnType<typeof connect>>;

/** Everything that every feed talks to. Nothing is connected to yet: it starts with all of them away. @throws ConfigError */
export async function connect({ config, logger, clock = systemClock, log }: ConnectOptions) {
  const masterKey = await loadMasterKey(config, logger);
  const database = createPool({
    connectionString: config.DATABASE_URL,
    applicationName: 'projector',
    ...POOL[config.PROJECTOR_FEED],
    statementTimeoutMs: 30_000,
    settings: writerSettings(READ_MODEL_SCHEMA),
    logger,
  });
  const vaultDatabase = createPool({
    connectionString: config.VAULT_DATABASE_URL ?? config.DATABASE_URL,
    applicationName: 'projector-vault',
    ...VAULT_POOL[config.PROJECTOR_FEED],
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
