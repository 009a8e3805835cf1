import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';

const script = path.join(import.meta.dirname, 'chatty-service.ts');
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

type Output = 'full disk' | 'full pipe' | 'gone';

/** Answers once it has logged for a while; `said` are the lines that it wrote to its descriptor 3. */
async function start(output: Output): Promise<{ child: ChildProcess; said: () => number }> {
  const file = output === 'full disk' ? openSync('/dev/full', 'w') : undefined;
  const out = file ?? 'pipe';
  const child = spawn(process.execPath, [script], { stdio: ['ignore', out, out, 'pipe'] });
  started.push(child);
  if (file !== undefined) closeSync(file);
  if (output === 'gone') for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  let text = '';
  (child.stdio[3] as NodeJS.ReadableStream).on('data', (chunk: Buffer) => {
    text += chunk;
  });
  const said = () => text.split('\n').length - 1;
  // 2,000 lines of 10,000 bytes: more than a pipe and the process's own memory for them hold.
  await eventually('it has logged for a while', () => said() > 100);
  return { child, said };
}

describe.each<Output>(['full disk', 'full pipe', 'gone'])('log lines that go nowhere (%s)', (output) => {
  it('are lost; the process goes on, and SIGTERM ends it with 0', async () => {
    const { child, said } = await start(output);
    const before = said();
    await eventually('it goes on', () => said() > before + 10);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });

  it('do not keep a process that failed', async () => {
    const { child } = await start(output);
    const exited = once(child, 'exit');
    child.kill('SIGUSR2');
    expect(await exited).toEqual([1, null]);
  });
});

it('a warning of Node or a driver is a log line, not text', async () => {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'warning-service.ts')]);
  started.push(child);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      said[name] += chunk;
    });
  }
  await eventually('the warning', () => said.stdout.includes('process_warning'));
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  const lines = said.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      msg: 'process_warning',
      err: expect.objectContaining({ message: 'this way is old' }),
    }),
  );
  expect(said.stderr).toBe('');
});
