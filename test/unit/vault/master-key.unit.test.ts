import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../shared/process/logger.ts';
import { loadMasterKey, type MasterKeySettings } from '../../../shared/vault/master-key.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const load = (settings: MasterKeySettings) => loadMasterKey(settings, logger);
const KEY = Buffer.alloc(32, 7).toString('base64url');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'license-test-master-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('in production', () => {
  it('takes the key from the setting or from a file', async () => {
    const file = path.join(folder, 'key');
    writeFileSync(file, `${KEY}\n`);
    const fromText = await load({ NODE_ENV: 'production', VAULT_MASTER_KEY: KEY });
    const fromFile = await load({ NODE_ENV: 'production', VAULT_MASTER_KEY_FILE: file });
    expect(fromText.export().equals(Buffer.alloc(32, 7))).toBe(true);
    expect(fromFile.equals(fromText)).toBe(true);
  });

  it('refuses to start without one, and makes none', async () => {
    const file = path.join(folder, 'key');
    await expect(load({ NODE_ENV: 'production' })).rejects.toThrow(
      /VAULT_MASTER_KEY: required in production/,
    );
    const missing = load({ NODE_ENV: 'production', VAULT_MASTER_KEY_FILE: file });
    await expect(missing).rejects.toThrow(/VAULT_MASTER_KEY_FILE: there is no file/);
    expect(existsSync(file)).toBe(false);
  });
});

describe('outside production', () => {
  it('makes a key at the first start, for its owner alone, and finds it at the next', async () => {
    const file = path.join(folder, 'keys', 'key');
    const settings = { NODE_ENV: 'development', VAULT_MASTER_KEY_FILE: file };
    const keys = await Promise.all(Array.from({ length: 10 }, () => load(settings)));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const key of keys) expect(key.equals(await load(settings))).toBe(true);
  });
});

describe('a key that is none', () => {
  it.each(['', 'short', `${KEY}AA`, KEY.replace('B', '+')])('is refused: %j', async (text) => {
    const file = path.join(folder, 'key');
    writeFileSync(file, text);
    for (const NODE_ENV of ['production', 'development']) {
      const loading = load({ NODE_ENV, VAULT_MASTER_KEY_FILE: file });
      await expect(loading).rejects.toMatchObject({ code: 'config_invalid' });
    }
  });

  it('is not shown, and two are not chosen from', async () => {
    const wrong = load({ NODE_ENV: 'production', VAULT_MASTER_KEY: `${KEY.slice(1)}+` });
    await expect(wrong).rejects.not.toThrow(KEY.slice(1));
    const both = load({ NODE_ENV: 'production', VAULT_MASTER_KEY: KEY, VAULT_MASTER_KEY_FILE: 'x' });
    await expect(both).rejects.toThrow(/not both/);
  });
});
