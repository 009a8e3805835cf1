import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UsageError } from '../../../cli/command-line/command.ts';
import { secrets } from '../../../cli/commands/secrets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'license-test-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function init(): Promise<string[]> {
  const made: string[] = [];
  const io = { out: (line: string) => void made.push(path.relative(folder, line)), err: () => {} };
  await secrets.run(['init', folder], io);
  return made;
}

const read = (name: string) => readFileSync(path.join(folder, name), 'utf8').trim();

it('makes every file once, and leaves what is there', async () => {
  expect((await init()).sort()).toEqual([
    'access/database-url',
    'access/redis-url',
    'grafana/password',
    'postgres/password',
    'redis/redis.conf',
  ]);
  const before = ['access/redis-url', 'access/database-url'].map(read);
  expect(await init()).toEqual([]);
  expect(['access/redis-url', 'access/database-url'].map(read)).toEqual(before);
});

it('gives the servers and those who connect to them the same passwords, and each its own', async () => {
  await init();
  const database = new URL(read('access/database-url'));
  const redis = new URL(read('access/redis-url'));
  expect(database.password).toBe(read('postgres/password'));
  expect(read('redis/redis.conf')).toBe(`requirepass ${redis.password}`);
  expect(database.password).not.toBe(redis.password);
});

it('lets nobody else read them, but for the files that servers read under accounts of their own', async () => {
  const made = await init();
  const servers = ['redis/redis.conf', 'grafana/password'];
  for (const name of made) {
    const mode = statSync(path.join(folder, name)).mode & 0o777;
    expect(`${name} ${mode.toString(8)}`).toBe(`${name} ${servers.includes(name) ? '644' : '600'}`);
  }
});

it('makes no password that would not fit the one that is there', async () => {
  await init();
  rmSync(path.join(folder, 'access/redis-url'));
  await expect(init()).rejects.toThrow(
    /redis\/redis\.conf is there and access\/redis-url, which belongs to it, is not/,
  );
  await expect(init()).rejects.toThrow('access/redis-url');
});

it('wants to be told where', async () => {
  const io = { out: () => {}, err: () => {} };
  await expect(secrets.run(['init'], io)).rejects.toThrow(UsageError);
});
