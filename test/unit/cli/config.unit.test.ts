import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dispatch } from '../../../cli/command-line/dispatch.ts';
import { config as command } from '../../../cli/commands/config.ts';
import { masked } from '../../../cli/settings/masked.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const PASSWORD = 'swordfish';
const GOOD = {
  NODE_ENV: 'test',
  DATABASE_URL: `postgres://owner:${PASSWORD}@db:5432/license_system`,
  REDIS_URL: 'redis://cache:6379',
  EVENTSTORE_URL: 'esdb://log:2113?tls=false',
};

/** What a service says when it is started with these settings and no others. */
const start = (entry: string, env: Record<string, string>) =>
  spawnSync(process.execPath, [path.join(root, entry)], { encoding: 'utf8', env, cwd: folder });

/** Runs the command with these settings. */
async function config(env: Record<string, string>, ...args: string[]) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const written = { stdout: '', stderr: '' };
  const io = {
    out: (line: string) => {
      written.stdout += `${line}\n`;
    },
    err: (line: string) => {
      written.stderr += `${line}\n`;
    },
  };
  try {
    const status = await dispatch([command], ['config', ...args], io);
    return { status, ...written };
  } finally {
    vi.unstubAllEnvs();
  }
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'license-test-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('config', () => {
  it('prints what a service would start with, and where each comes from', async () => {
    const file = path.join(folder, 'redis-url');
    writeFileSync(file, `redis://:${PASSWORD}@cache:6379\n`);
    const { REDIS_URL: _, ...rest } = GOOD;
    const { status, stdout, stderr } = await config(
      { ...rest, REDIS_URL_FILE: file, PORT: '4000' },
      'query-service',
      '--json',
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { settings, problems } = JSON.parse(stdout)['query-service'];
    expect(problems).toEqual([]);
    expect(settings).toEqual(
      expect.arrayContaining([
        { name: 'PORT', value: '4000', from: 'environment' },
        { name: 'HOST', value: '127.0.0.1', from: 'default' },
        { name: 'PLAN_CATALOGUE_FILE', value: null, from: 'not set' },
        {
          name: 'DATABASE_URL',
          value: 'postgres://owner:********@db:5432/license_system',
          from: 'environment',
        },
        { name: 'REDIS_URL', value: 'redis://:********@cache:6379', from: `file ${file}` },
      ]),
    );
  });

  it('never prints a secret, neither a good one nor one that is not what it should be', async () => {
    const env = {
      ...GOOD,
      REDIS_URL: PASSWORD,
      VAULT_MASTER_KEY: `${PASSWORD}-not-32-bytes`,
      KAFKA_BROKERS: 'kafka:9092',
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_SASL_USERNAME: 'relay',
      KAFKA_SASL_PASSWORD: PASSWORD,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${PASSWORD}`,
    };
    for (const args of [[], ['--json']]) {
      const { status, stdout, stderr } = await config(env, ...args);
      expect(status).toBe(1);
      expect(stdout).toContain('KAFKA_SASL_PASSWORD');
      expect(stdout + stderr).not.toContain(PASSWORD);
    }
  });

  it.each([
    ['query-service', 'query-service/main.ts', { ...GOOD, PORT: '99999', REDIS_URL: 'http://cache' }],
    ['query-service', 'query-service/main.ts', { ...GOOD, NODE_ENV: 'production', KEYRING_FILE: '/no/such' }],
    ['query-service', 'query-service/main.ts', { ...GOOD, PLAN_CATALOGUE_FILE: '/no/such' }],
    ['projector', 'projector/main.ts', { ...GOOD, NODE_ENV: 'production' }],
    [
      'relay',
      'projector/relay/main.ts',
      { ...GOOD, KAFKA_BROKERS: 'kafka:9092', KAFKA_SASL_MECHANISM: 'plain' },
    ],
    ['command-service', 'command-service/main.ts', { ...GOOD, OIDC_CLIENT_ID: 'licenses' }],
    ['notifier', 'projector/notifier/main.ts', { ...GOOD, MAIL_URL: 'smtp://mail:25' }],
    [
      'notifier',
      'projector/notifier/main.ts',
      { ...GOOD, MAIL_URL: 'file:mails', MAIL_FROM: 'a@example.com', MAIL_TEMPLATES: '/no/such' },
    ],
  ])('tells what is wrong in the words in which %s refuses to start', async (service, entry, env) => {
    const { status, stderr } = await config(env, service);
    expect(status).toBe(1);
    expect(stderr).toMatch(/invalid settings:\n {2}[A-Z_, and]+: /);
    const started = start(entry, env);
    expect(started.status).toBe(78);
    expect(started.stderr).toContain(stderr.trim());
  });

  it('leaves the relay out where there is no Kafka, and knows no other services', async () => {
    const { status, stdout, stderr } = await config(GOOD);
    expect(status, stderr).toBe(0);
    expect(stdout).not.toMatch(/^relay:/m);
    expect((await config(GOOD, 'nginx')).status).toBe(2);
  });
});

describe('masking', () => {
  it.each([
    ['postgres://u:p@h/d', 'postgres://u:********@h/d'],
    ['postgres://u:p@ss/w@rd@h/d', 'postgres://u:********@h/d'],
    ['redis://:p@h', 'redis://:********@h'],
    ['esdb+discover://u:p@a:1,b:2?tls=true', 'esdb+discover://u:********@a:1,b:2?tls=true'],
    ['postgres://h/d?sslmode=require&password=p', 'postgres://h/d?sslmode=require&password=********'],
    ['redis://h:6379', 'redis://h:6379'],
  ])('%s → %s', (text, shown) => {
    expect(masked(text, 'password')).toBe(shown);
  });
});
