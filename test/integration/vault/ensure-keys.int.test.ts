import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureKeys } from '../../../cli/keys/ensure.ts';
import { changeRing } from '../../../cli/keys/rings-file.ts';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { rotated } from '../../../shared/tokens/ring-changes.ts';
import { loadMasterKey } from '../../../shared/vault/master-key.ts';
import { createVault } from '../../../shared/vault/postgres-vault.ts';
import { createDatabase, type TestDatabase } from '../../support/servers/databases.ts';
import { vaultPool } from './vaults.ts';

let folder: string;
let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'license-test-keys-'));
  database = await createDatabase();
  pool = await vaultPool(database.url);
});
afterEach(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const ring = () => path.join(folder, 'keyring.json');
const master = () => path.join(folder, 'master.key');
const settings = () => ({
  NODE_ENV: 'production' as const,
  LOG_LEVEL: 'silent' as const,
  KEYRING_FILE: ring(),
  VAULT_MASTER_KEY_FILE: master(),
  DATABASE_URL: database.url,
  TOKEN_ISSUER: 'license-system',
});

/** Answers which files were made. */
async function ensure(replaceLost = false): Promise<string[]> {
  const made: string[] = [];
  await ensureKeys(settings(), replaceLost, { out: (line) => void made.push(line), err: () => {} });
  return made;
}

/** As a system that somebody has signed up to. */
async function use(): Promise<void> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const vault = createVault({
    db: pool,
    clock: systemClock,
    masterKey: await loadMasterKey(settings(), logger),
  });
  await vault.emailDigest('ada@example.com');
}

it('makes what a first start needs, once', async () => {
  expect(await ensure()).toEqual([master(), ring()]);
  const before = readFileSync(ring(), 'utf8');
  expect(await ensure()).toEqual([]);
  expect(readFileSync(ring(), 'utf8')).toBe(before);
});

it('does not make lost key rings again, unless it is told that they are lost for good', async () => {
  await ensure();
  rmSync(ring());
  await expect(ensure()).rejects.toMatchObject({
    code: 'keys_lost',
    message: expect.stringContaining(ring()),
  });
  expect(await ensure(true)).toEqual([ring()]);
  expect(await ensure()).toEqual([]);
});

it('refuses an old copy of the key rings, and another system’s, by the keys that are missing', async () => {
  await ensure();
  const old = readFileSync(ring(), 'utf8');
  const { added } = await changeRing(ring(), 'lease', (current) => rotated(current, systemClock(), 60_000));
  await ensure();
  writeFileSync(ring(), old);
  await expect(ensure()).rejects.toMatchObject({
    code: 'keys_lost',
    message: expect.stringContaining(`lease ${added.kid}`),
  });
});

it('does not make a lost master key again, nor take another, once the vault holds anything', async () => {
  await ensure();
  const right = readFileSync(master(), 'utf8');
  await use();
  rmSync(master());
  await expect(ensure(true)).rejects.toMatchObject({
    code: 'keys_lost',
    message: expect.stringContaining(master()),
  });
  writeFileSync(master(), `${Buffer.alloc(32, 7).toString('base64url')}\n`);
  await expect(ensure(true)).rejects.toMatchObject({ code: 'keys_lost' });
  writeFileSync(master(), right);
  expect(await ensure()).toEqual([]);
});

it('does not make key rings again either, where an older release has recorded none', async () => {
  await ensure();
  await use();
  await pool.query('DELETE FROM vault.signing_keys');
  rmSync(ring());
  await expect(ensure()).rejects.toMatchObject({ code: 'keys_lost' });
});
