import path from 'node:path';
import type { Adjust } from '../../../local/processes/supervisor.ts';
import { clockFaults, shiftFile } from '../faults/clocks.ts';
import type { Shape } from '../faults/fault.ts';
import { startSystem } from '../system.ts';
import { TWICE } from './plain.ts';

const PRELOAD = new URL('../clocks/shifted-clock.ts', import.meta.url).href;

/** Each of our own processes looks at a clock that can be set wrong. */
const withOwnClock: Adjust = (spec) => {
  if (spec.command !== process.execPath) return spec;
  const data = path.resolve(path.dirname(spec.logFile), '..');
  const clock = { NODE_OPTIONS: `--import ${PRELOAD}`, CLOCK_SHIFT_FILE: shiftFile(data, spec.name) };
  return { ...spec, env: { ...spec.env, ...clock } };
};

export const clocks: Shape = {
  name: 'clocks',
  faults: clockFaults,
  start: (options) => startSystem({ args: TWICE, adjust: withOwnClock, ...options }),
};
