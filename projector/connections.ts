import { connectEventLog } from '../shared/adapters/eventstoredb/client.ts';
import { SILENCE_MS } from '../shared/adapters/postgres/leadership.ts';
import { createPool } from '../shared/adapters/postgres/pool.ts';
import { connectRedis } from '../shared/adapters/redis/client.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import type { EventLog } from '../shared/event-log/event-log.ts';
import type { Logger } from '../shared/process/logger.ts';
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

export type Connections = Awaited<ReturnType<typeof connect>>;

/** Everything that a projector talks to. Nothing is connected yet: it starts with all of them unreachable. @throws ConfigError */
export async function connect({ config, logger, clock = systemClock, log }: ConnectOptions) {
  const masterKey = await loadMasterKey(config, logger);
  const database = createPool({
    connectionString: config.DATABASE_URL,
    applicationName: 'projector',
    max: 6,
    statementTimeoutMs: 30_000,
    settings: {
      ...writerSettings(READ_MODEL_SCHEMA),
      // One that is frozen in a transaction holds the checkpoint; a standby must not wait for it longer than for the lock.
      idle_in_transaction_session_timeout: `${SILENCE_MS}ms`,
    },
    logger,
  });
  const vaultDatabase = createPool({
    connectionString: config.VAULT_DATABASE_URL ?? config.DATABASE_URL,
    applicationName: 'projector-vault',
    max: 2,
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
