import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createPool, type Queryable } from '../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../shared/clock.ts';
import { createSecretFile } from '../../shared/files/secret-file.ts';
import { KINDS } from '../../shared/tokens/kinds.ts';
import { formatRings, newRings } from '../../shared/tokens/ring-model.ts';
import { VaultKeyUnreadable } from '../../shared/vault/errors.ts';
import {
  forgetSigningKeys,
  proveMasterKey,
  recordedSigningKeys,
  recordSigningKeys,
  type SigningKeyId,
  vaultIsUsed,
} from '../../shared/vault/fingerprints.ts';
import { loadMasterKey } from '../../shared/vault/master-key.ts';
import type { Io } from '../command-line/command.ts';
import type { EnsureConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';
import { readRings } from './rings-file.ts';

/** Keys that this system has are not where they should be. The message is for the operator, with the way out. */
export class KeysLost extends Error {
  readonly code = 'keys_lost';
}

/**
 * Makes the key rings and the master key of a first start. Where the system has had them, it makes sure that they are
 * still the same: made again in silence, every key of every customer would be worthless, or all personal data unreadable.
 * @param replaceLost make new key rings for lost ones all the same
 * @throws KeysLost
 */
export async function ensureKeys(config: EnsureConfig, replaceLost: boolean, io: Io): Promise<void> {
  const pool = createPool({
    connectionString: config.VAULT_DATABASE_URL ?? config.DATABASE_URL,
    applicationName: 'cli keys',
    max: 1,
    logger: toolLogger(config.LOG_LEVEL),
    // As for `migrate`, which it runs beside.
    connectionTimeoutMs: 30_000,
  });
  try {
    const used = await vaultIsUsed(pool);
    await ensureMasterKey(pool, config, used, io);
    await ensureRings(pool, config.KEYRING_FILE, { used, replaceLost }, io);
  } finally {
    await pool.end();
  }
}

async function ensureMasterKey(db: Queryable, config: EnsureConfig, used: boolean, io: Io): Promise<void> {
  const { VAULT_MASTER_KEY_FILE: file } = config;
  if (file !== undefined && !existsSync(file)) {
    if (used)
      throw new KeysLost(
        `the vault's master key, ${file}, is gone, and the vault in PostgreSQL was made with it. Put it back from your secret store: with another one, no personal data can be read`,
      );
    if (await createSecretFile(file, `${randomBytes(32).toString('base64url')}\n`)) io.out(file);
  }
  const master = await loadMasterKey({ ...config, NODE_ENV: 'production' }, toolLogger(config.LOG_LEVEL));
  try {
    await proveMasterKey(db, master);
  } catch (cause) {
    if (!(cause instanceof VaultKeyUnreadable)) throw cause;
    throw new KeysLost(
      "the master key is not the one that the vault in PostgreSQL was made with. Put the right one back from your secret store, or connect this one's database",
      { cause },
    );
  }
}

interface RingState {
  readonly used: boolean;
  readonly replaceLost: boolean;
}

async function ensureRings(db: Queryable, file: string, state: RingState, io: Io): Promise<void> {
  const recorded = await recordedSigningKeys(db);
  if (!existsSync(file)) {
    if (!state.replaceLost && (state.used || recorded.length > 0)) throw new KeysLost(ringsAreGone(file));
    if (await createSecretFile(file, formatRings(newRings(systemClock())))) io.out(file);
  }
  const rings = await readRings(file);
  const there = KINDS.flatMap((kind) => rings[kind].keys.map(({ kid }): SigningKeyId => ({ kind, kid })));
  const has = ({ kind, kid }: SigningKeyId) => there.some((key) => key.kind === kind && key.kid === kid);
  const missing = recorded.filter((key) => !has(key));
  if (missing.length > 0 && !state.replaceLost) throw new KeysLost(ringsLack(file, missing));
  if (missing.length > 0) await forgetSigningKeys(db);
  await recordSigningKeys(db, there);
}

const ACCEPT = `
If they are lost for good: cli keys ensure --replace-lost. Every activation key is then INVALID_KEY, and programs activate again`;

const ringsAreGone = (file: string): string =>
  `the key rings, ${file}, are gone, and this system has had some. Put them back from your secret store.${ACCEPT}`;

const ringsLack = (file: string, missing: readonly SigningKeyId[]): string =>
  `${file} lacks keys that this system has had: ${missing.map(({ kind, kid }) => `${kind} ${kid}`).join(', ')}. It is an old copy, or another system's. Put the right one back from your secret store.${ACCEPT}`;
