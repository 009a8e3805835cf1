import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const FILES = ['docker-compose.yml', 'deploy/compose/event-store-tls.yml'];

interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly {
    readonly source: string;
    readonly target: string;
    readonly read_only?: boolean;
  }[];
  readonly healthcheck: { readonly test: readonly string[] };
}

let directory: string;
const config = (settings: Record<string, string>) =>
  execFileSync(
    'docker',
    ['compose', ...FILES.flatMap((file) => ['-f', file]), '--profile', 'tools', 'config', '--format', 'json'],
    {
      cwd: root,
      env: { ...process.env, ...settings },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'license-test-compose-'));
  mkdirSync(path.join(directory, 'ca'));
  writeFileSync(path.join(directory, 'url'), 'esdb://u:p@event-store:2113?tls=true');
});
afterAll(() => rmSync(directory, { recursive: true }));

test('Compose takes the event store with TLS: each service gets the URL as a file, and none the key', () => {
  const text = config({ EVENTSTORE_TLS_DIRECTORY: directory, EVENTSTORE_ADMIN_PASSWORD: 'secret' });
  const services = JSON.parse(text).services as Record<string, Service>;
  const clients = Object.entries(services).filter(
    ([, { environment }]) => environment && 'EVENTSTORE_URL' in environment,
  );
  expect(clients.map(([name]) => name).sort()).toEqual([
    'cli',
    'command-service',
    'history-tables',
    'notifier',
    'projector',
    'query-service',
    'relay',
  ]);
  for (const [name, { environment, volumes }] of clients) {
    expect(environment, name).toMatchObject({ EVENTSTORE_URL: '', EVENTSTORE_URL_FILE: '/event-store/url' });
    const mounted = volumes.filter(({ source }) => source.startsWith(directory));
    expect(mounted.map(({ source, read_only }) => [path.relative(directory, source), read_only])).toEqual([
      ['ca', true],
      ['url', true],
    ]);
  }
  expect(services['event-store']?.environment).toMatchObject({ EVENTSTORE_INSECURE: 'false' });
  expect(services['event-store']?.healthcheck.test.join(' ')).toContain(
    '--cacert /event-store/ca/ca.crt https://',
  );
});

test('and says what is missing', () => {
  expect(() => config({ EVENTSTORE_ADMIN_PASSWORD: 'secret' })).toThrow('the folder that holds');
  expect(() => config({ EVENTSTORE_TLS_DIRECTORY: directory })).toThrow('own account admin');
});
