import { Registry } from 'prom-client';
import { createErasureIntents } from '../../command-service/accounts/erasing/erasure-intents.ts';
import { createSnapshots } from '../../command-service/execute/states/snapshots.ts';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { ClockDifference } from '../../shared/adapters/postgres/clock-difference.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { readCatalogue } from '../../shared/catalogue/read.ts';
import { systemClock } from '../../shared/clock.ts';
import { createCodec } from '../../shared/events/codec.ts';
import { loadMasterKey } from '../../shared/vault/master-key.ts';
import { createVault } from '../../shared/vault/postgres-vault.ts';
import type { WritingConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';

const STATE_CACHE_BYTES = 64 * 2 ** 20;
/** Beside the command nodes' own connections. */
const VAULT_CONNECTIONS = 8;
/** A command of the tool's that waits longer than a customer would is not given up for it. */
const DEADLINE_MS = 30_000;

/**
 * What decides and writes in this process, beside the command nodes: the event log decides between them by its expected
 * revisions.
 * @throws ConfigError; ClockWrong, or the driver's error, as nothing may be decided by a clock that is wrong
 */
export async function openWriteSide(config: WritingConfig, applicationName: string) {
  const logger = toolLogger(config.LOG_LEVEL);
  const catalogue = readCatalogue(config.PLAN_CATALOGUE_FILE, logger);
  const masterKey = await loadMasterKey(config, logger);
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  const connectionString = config.VAULT_DATABASE_URL ?? config.DATABASE_URL;
  const db = createPool({ connectionString, applicationName, max: VAULT_CONNECTIONS, logger });
  const close = async () => {
    await Promise.all([log.close(), db.end()]);
  };
  try {
    const difference = new ClockDifference({ database: db, clock: systemClock, registry: new Registry() });
    await difference.check();
    const clock = systemClock;
    const vault = createVault({ db, masterKey, clock });
    await vault.check();
    const dependencies = {
      ...{ log, vault, catalogue, clock },
      codec: createCodec({ writeLevel: config.EVENT_SCHEMA_LEVEL, vault }),
      snapshots: createSnapshots({ db, logger }),
      erasures: createErasureIntents(db),
      stateCacheBytes: STATE_CACHE_BYTES,
      appendDeadlineMs: DEADLINE_MS,
      readDeadlineMs: DEADLINE_MS,
    };
    return { dependencies, close };
  } catch (error) {
    await close();
    throw error;
  }
}
