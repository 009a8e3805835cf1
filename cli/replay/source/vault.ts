import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import { loadMasterKey } from '../../../shared/vault/master-key.ts';
import { createVault } from '../../../shared/vault/postgres-vault.ts';
import type { Vault } from '../../../shared/vault/vault.ts';
import { readPersonalConfig } from '../../config.ts';
import { toolLogger } from '../../logger.ts';

export interface OpenVault {
  readonly vault: Pick<Vault, 'dataKeys'>;
  close(): Promise<void>;
}

/** The vault, for reading. @throws ConfigError no master key is given; VaultKeyUnreadable it is another one */
export async function openVault(): Promise<OpenVault> {
  const config = readPersonalConfig();
  const logger = toolLogger(config.LOG_LEVEL);
  // As in production, whatever the environment: a key file that is missing is not made.
  const masterKey = await loadMasterKey({ ...config, NODE_ENV: 'production' }, logger);
  const pool = createPool({
    connectionString: config.VAULT_DATABASE_URL ?? config.DATABASE_URL,
    applicationName: 'cli replay',
    max: 1,
    logger,
  });
  return {
    vault: createVault({ db: pool, masterKey, clock: systemClock }),
    close: () => pool.end(),
  };
}
