import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { isAlive } from '../../support/stack.ts';
import { isReady } from '../ready.ts';
import type { System } from '../system.ts';

export function pidOf(system: System, name: string): number {
  const pid = system.processes().get(name);
  if (pid === undefined) throw new Error(`${name} is not running`);
  return pid;
}

/** Sends a signal that ends the process, and resolves once its supervisor has started it again. */
export async function kill(system: System, name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const pid = pidOf(system, name);
  process.kill(pid, signal);
  await eventually(
    `${name} is running again`,
    () => {
      const now = system.processes().get(name);
      return now !== undefined && now !== pid && isAlive(now);
    },
    60_000,
  );
}

/** Stops the process, and time for it, for `ms`; its connections stay open. */
export async function freeze(system: System, name: string, ms: number): Promise<void> {
  await freezePid(pidOf(system, name), ms);
}

export async function freezePid(pid: number, ms: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await delay(ms);
  // Its supervisor may have given it up meanwhile.
  if (isAlive(pid)) process.kill(pid, 'SIGCONT');
}

/** Ends a node in good order, as an upgrade does, and resolves once it is ready again. */
export async function restartInOrder(system: System, name: string): Promise<void> {
  await kill(system, name, 'SIGTERM');
  await eventually(`${name} is ready`, () => isReady(system, name), 60_000);
}
