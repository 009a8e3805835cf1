import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, connectionUrl, integer, readConfig } from '../../../shared/config.ts';

const schema = z.object({
  PORT: integer(0, 65_535).default(3001),
  DATABASE_URL: connectionUrl('postgres://'),
  KEY_FILE: z.string().optional(),
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'license-test-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const fileWith = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};

describe('a setting in a file', () => {
  it('is what the file holds, without the white space around it', () => {
    const file = fileWith('url', 'postgres://a:b@c/d\n');
    expect(readConfig(schema, { DATABASE_URL_FILE: file })).toEqual({
      PORT: 3001,
      DATABASE_URL: 'postgres://a:b@c/d',
    });
  });

  it('is checked like any other', () => {
    const file = fileWith('port', '70000');
    expect(() => readConfig(schema, { PORT_FILE: file, DATABASE_URL: 'postgres://x' })).toThrow(
      'PORT: expected a whole number from 0 to 65535',
    );
  });

  it('and in the environment too is refused: which one was meant can not be told', () => {
    const file = fileWith('both', 'postgres://file');
    expect(() => readConfig(schema, { DATABASE_URL: 'postgres://x', DATABASE_URL_FILE: file })).toThrow(
      'DATABASE_URL: set this or DATABASE_URL_FILE, not both',
    );
  });

  it('that can not be read is named', () => {
    const missing = path.join(folder, 'missing');
    expect(() => readConfig(schema, { DATABASE_URL_FILE: missing })).toThrow(ConfigError);
    expect(() => readConfig(schema, { DATABASE_URL_FILE: missing })).toThrow(
      `DATABASE_URL_FILE: ${missing} can't be read`,
    );
  });

  it('is not looked for where NAME_FILE is a setting of its own, or empty', () => {
    const withKey = schema.extend({ KEY: z.string().optional() });
    const env = { DATABASE_URL: 'postgres://x', KEY_FILE: '/nowhere', PORT_FILE: '' };
    expect(readConfig(withKey, env)).toEqual({
      PORT: 3001,
      DATABASE_URL: 'postgres://x',
      KEY_FILE: '/nowhere',
    });
  });
});
