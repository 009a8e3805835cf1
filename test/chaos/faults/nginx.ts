import { readFileSync } from 'node:fs';
import { eventually } from '../../support/eventually.ts';
import type { Random } from '../../support/random.ts';
import { isAlive } from '../../support/stack.ts';
import type { System } from '../system.ts';
import type { Fault } from './fault.ts';
import { freezePid, kill, pidOf } from './signals.ts';

function workersOf(master: number): number[] {
  const children = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim();
  return children === '' ? [] : children.split(' ').map(Number);
}

const worker = (system: System, random: Random): number => random.pick(workersOf(pidOf(system, 'nginx')));

/** Its master starts another at once; what it was doing is lost, and a client that asks again is answered. */
async function killWorker(system: System, random: Random): Promise<void> {
  const master = pidOf(system, 'nginx');
  const before = workersOf(master);
  const victim = random.pick(before);
  process.kill(victim, 'SIGKILL');
  await eventually(
    'Nginx has as many workers again',
    () => !isAlive(victim) && workersOf(master).length === before.length,
  );
}

export const nginxFaults: readonly Fault[] = [
  {
    name: 'kill the nginx master',
    group: 'one process killed',
    promised: 'all',
    inflict: (system) => kill(system, 'nginx'),
  },
  { name: 'kill an nginx worker', group: 'one process killed', promised: 'all', inflict: killWorker },
  {
    name: 'freeze the nginx master',
    group: 'one process frozen',
    promised: 'all',
    inflict: (system, random) => freezePid(pidOf(system, 'nginx'), 1_000 + random.below(6_000)),
  },
  {
    name: 'freeze an nginx worker',
    group: 'one process frozen',
    promised: 'all',
    inflict: (system, random) => freezePid(worker(system, random), 1_000 + random.below(6_000)),
  },
];
