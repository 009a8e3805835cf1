import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { endLeftovers, isAlive, launch, newDataDirectory } from '../support/stack.ts';

const data = newDataDirectory();
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
