import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DAY_MS } from '../../../shared/calendar.ts';
import type { System } from '../system.ts';
import type { Fault } from './fault.ts';

/** Nobody but our own processes: PostgreSQL's is the clock that they are compared with. */
export const WITH_CLOCK = ['command-1', 'query-1', 'projector', 'notifier', 'event-store'] as const;

const SHIFTS = [
  ['1 s', 1_000],
  ['10 s', 10_000],
  ['1 h', 3_600_000],
  ['40 d', 40 * DAY_MS],
] as const;

/** Each way, and longer than a node takes to notice: it looks each second. */
const WRONG_MS = 3_000;

/** Where the clock of a process is read from: milliseconds that it is ahead. */
export const shiftFile = (data: string, name: string): string => path.join(data, 'clocks', name);

function setClock(system: System, name: string, ms: number): void {
  const file = shiftFile(system.data, name);
  mkdirSync(path.dirname(file), { recursive: true });
  if (ms === 0) rmSync(file);
  else writeFileSync(file, String(ms));
}

const wrongClock = (name: string, [size, ms]: (typeof SHIFTS)[number]): Fault => ({
  name: `set the clock of ${name} ${size} ahead, then ${size} behind`,
  group: 'the clock of one process',
  promised: 'all',
  inflict: async (system) => {
    for (const shift of [ms, -ms]) {
      setClock(system, name, shift);
      await delay(WRONG_MS);
    }
    setClock(system, name, 0);
  },
});

/**
 * PostgreSQL asks the kernel, and has no way to be told otherwise but a library loaded ahead of it, compiled on each
 * machine. To everybody else it looks as if all of their clocks were wrong at once, which is what is inflicted here one by one.
 */
const ofPostgres: Fault = {
  ...wrongClock('postgres', SHIFTS[2]),
  needs: 'a machine of its own for PostgreSQL: it takes the clock of the machine, which the others have too',
};

export const clockFaults: readonly Fault[] = [
  ...WITH_CLOCK.flatMap((name) => SHIFTS.map((shift) => wrongClock(name, shift))),
  ofPostgres,
];
