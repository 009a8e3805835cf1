import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { ask, signUp } from '../../support/requests/api.ts';
import { type CommandNode, startCommandNode } from './command-node.ts';

const entry = path.resolve(import.meta.dirname, '../../../command-service/main.ts');

let node: CommandNode;
beforeAll(async () => {
  node = await startCommandNode();
});
afterAll(() => node[Symbol.asyncDispose]());

function run(env: Readonly<Record<string, string>>) {
  const child: ChildProcess = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    output.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output.err += chunk;
  });
  return { child, output, ended: once(child, 'close').then(([code]) => code as number) };
}

it('SIGTERM: it stops in order, counts included, and ends with 0', async () => {
  const { child, output, ended } = run({ ...node.settings, LOG_LEVEL: 'info' });
  const url = await eventually('it listens', () => /"url":"([^"]+)"/.exec(output.out)?.[1]);
  const { userId, token } = await signUp(url);
  await ask(url, '/v1/activations', { token, body: { client_id: 'x' } });
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(output.err).toBe('');
  const events = output.out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(events.slice(-2)).toEqual(['stopping', 'stopped']);
  const { rows } = await node.pool.query('SELECT count::int FROM usage.rate_limits WHERE user_id = $1', [
    userId,
  ]);
  expect(rows).toEqual([{ count: 1 }]);
});

it('wrong settings: each is named, and the code says that another try is no use', async () => {
  const { REDIS_URL: _, ...settings } = node.settings;
  const { output, ended } = run({ ...settings, LOGINS_PER_MINUTE: 'many', TRUSTED_PROXIES: 'localhost' });
  expect(await ended).toBe(78);
  for (const name of [
    'REDIS_URL: required',
    'LOGINS_PER_MINUTE: expected a whole number',
    'TRUSTED_PROXIES: expected addresses and networks',
  ])
    expect(output.err).toContain(name);
});

it('a taken port: it says so and ends with 1', async () => {
  const { output, ended } = run({ ...node.settings, PORT: String(node.service.port) });
  expect(await ended).toBe(1);
  expect(output.out).toContain('EADDRINUSE');
});
