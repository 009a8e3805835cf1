import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { eventually } from '../support/eventually.ts';
import { endLeftovers, isAlive, launch, newDataDirectory, spawnLauncher } from '../support/stack.ts';

let data: string;
beforeEach(() => {
  data = newDataDirectory();
});
afterEach(async () => {
  await endLeftovers(data);
  rmSync(data, { recursive: true });
});

it('npm start stops everything when nobody reads its output any more', async () => {
  const stack = await launch({ data });
  const processes = [...stack.processes()];
  const ended = once(stack.launcher, 'exit');
  stack.launcher.stdout?.destroy();
  stack.launcher.stderr?.destroy();
  // A service that ends is what it says something about.
  process.kill(stack.processes().get('projector') as number, 'SIGKILL');
  await ended;
  expect(processes.filter(([, pid]) => isAlive(pid))).toEqual([]);
});

it('npm start goes on when its output can not be written, and stops everything at SIGTERM', async () => {
  const [port] = (await freePorts(1)) as [number];
  const full = openSync('/dev/full', 'w');
  const launcher = spawn(
    process.execPath,
    [path.resolve('local/main.ts'), '--port', String(port), '--data', data, '--no-tour'],
    { stdio: ['ignore', full, full] },
  );
  closeSync(full);
  const ready = async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.ok;
  await eventually('the system answers', async () => (await ready()) === true, 90_000);
  const ended = once(launcher, 'exit');
  launcher.kill('SIGTERM');
  // It answers before its last service is ready, and can't say when that is: a start that is cut short ends with 130.
  expect([0, 130]).toContain((await ended)[0]);
});

it('npm start says why a service does not get ready, in the service’s own words', async () => {
  const [port] = (await freePorts(1)) as [number];
  const { launcher, output } = spawnLauncher(['--port', String(port), '--data', data, '--no-tour'], {
    COMMANDS_PER_MINUTE: 'lots',
  });
  expect(await once(launcher, 'exit')).toEqual([1, null]);
  expect(output()).toMatch(
    /command-1 ended\. Its last words, of .*command-1\.log:\n.*invalid settings:\n.*COMMANDS_PER_MINUTE: expected a whole number/,
  );
  expect(output()).not.toMatch(/health|^\s+at /m);
});
