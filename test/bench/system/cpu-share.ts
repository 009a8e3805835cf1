import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { NotRunnable } from '../benchmark.ts';

/** Short, so that a process that has used up its share waits for milliseconds. */
const PERIOD_MICROS = 10_000;
const V1 = '/sys/fs/cgroup/cpu';
const V2 = '/sys/fs/cgroup';

/**
 * Holds a process, with all of its threads, to a share of one core (0.15: 15 %), by a control group of its own. At the end the
 * group is removed.
 * @throws NotRunnable this account may make no control groups here
 */
export function heldTo(share: number, pid: number): AsyncDisposable {
  const [parent, limit] = hierarchy();
  const group = path.join(parent, `license-bench-${pid}`);
  mkdirSync(group);
  for (const [file, value] of limit(Math.round(share * PERIOD_MICROS)))
    writeFileSync(path.join(group, file), value);
  writeFileSync(path.join(group, 'cgroup.procs'), String(pid));
  return {
    async [Symbol.asyncDispose]() {
      writeFileSync(path.join(parent, 'cgroup.procs'), String(pid));
      await eventually(`the control group ${group} is removed`, () => removed(group));
    },
  };
}

type Limit = (quota: number) => readonly (readonly [file: string, value: string])[];

function hierarchy(): readonly [parent: string, limit: Limit] {
  if (writable(V1)) {
    return [
      V1,
      (quota) => [
        ['cpu.cfs_period_us', String(PERIOD_MICROS)],
        ['cpu.cfs_quota_us', String(quota)],
      ],
    ];
  }
  const controllers = path.join(V2, 'cgroup.subtree_control');
  if (writable(V2) && existsSync(controllers) && /\bcpu\b/.test(readFileSync(controllers, 'utf8'))) {
    return [V2, (quota) => [['cpu.max', `${quota} ${PERIOD_MICROS}`]]];
  }
  throw new NotRunnable(
    'it holds each node to a share of a core by a control group (cgroup), which takes root, and the cpu controller',
  );
}

function writable(folder: string): boolean {
  try {
    accessSync(path.join(folder, 'cgroup.procs'), constants.W_OK);
    return true;
  } catch {
    // Not there, or not ours: either way it is no way.
    return false;
  }
}

/** The kernel refuses while a process is still leaving. */
function removed(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  }
}
