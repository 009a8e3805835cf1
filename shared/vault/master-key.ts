import { createSecretKey, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigError, SECRET } from '../config.ts';
import { createSecretFile } from '../files/secret-file.ts';
import type { Logger } from '../process/logger.ts';
import type { MasterKey } from './wrapping.ts';

/** 32 bytes in base64url, without padding. */
const KEY_TEXT = /^[A-Za-z0-9_-]{43}$/;
const EXPECTED = '32 bytes in base64url (43 characters)';
/** Where a development key is made if no setting names another place. */
const DEVELOPMENT_FILE = '.local/keys/master.key';

/** The vault's settings, for a service's own. One of the two in production. */
export const vaultSettings = {
  VAULT_MASTER_KEY: z
    .string()
    .regex(KEY_TEXT, { error: `expected ${EXPECTED}` })
    .meta(SECRET)
    .optional()
    .describe("The key that wraps the vault's keys: 32 bytes in base64url"),
  VAULT_MASTER_KEY_FILE: z.string().optional().describe('A file that holds the master key instead'),
};

export interface MasterKeySettings {
  readonly NODE_ENV: string;
  readonly VAULT_MASTER_KEY?: string | undefined;
  readonly VAULT_MASTER_KEY_FILE?: string | undefined;
}

const parse = (text: string, name: string): MasterKey => {
  const bytes = Buffer.from(text, 'base64url');
  if (!KEY_TEXT.test(text) || bytes.length !== 32) throw new ConfigError([`${name}: expected ${EXPECTED}`]);
  return createSecretKey(bytes);
};

async function readKeyFile(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new ConfigError([`VAULT_MASTER_KEY_FILE: ${path} can't be read (${String(error)})`]);
  }
}

/**
 * The vault's master key, from the settings. Outside production a missing file is made, with mode 0600: whoever
 * loses it has lost the personal data of that log.
 * @throws ConfigError none given in production, both given, or not {@link EXPECTED 32 bytes}
 */
export async function loadMasterKey(settings: MasterKeySettings, logger: Logger): Promise<MasterKey> {
  const { VAULT_MASTER_KEY: text, VAULT_MASTER_KEY_FILE: file, NODE_ENV } = settings;
  if (text && file) throw new ConfigError(['VAULT_MASTER_KEY: set this or VAULT_MASTER_KEY_FILE, not both']);
  if (text) return parse(text, 'VAULT_MASTER_KEY');
  const production = NODE_ENV === 'production';
  if (!file && production) {
    throw new ConfigError([
      `VAULT_MASTER_KEY: required in production (or VAULT_MASTER_KEY_FILE): ${EXPECTED}, kept in your secret store; make one with: openssl rand 32 | basenc --base64url | tr -d =`,
    ]);
  }
  const path = file ?? DEVELOPMENT_FILE;
  const existing = await readKeyFile(path);
  if (existing !== undefined) return parse(existing, `VAULT_MASTER_KEY_FILE ${path}`);
  if (production) throw new ConfigError([`VAULT_MASTER_KEY_FILE: there is no file ${path}`]);
  const made = await createSecretFile(path, `${randomBytes(32).toString('base64url')}\n`);
  if (made) logger.info({ file: path }, 'development_master_key_made');
  return parse((await readKeyFile(path)) ?? '', `VAULT_MASTER_KEY_FILE ${path}`);
}
