import { readFileSync } from 'node:fs';
import { isAlive } from '../support/stack.ts';

export interface Sample {
  /** Seconds into the run. */
  readonly at: number;
  readonly mib: number;
}

/** How the memory of a process went. */
export interface Trend {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly most: number;
  /** MiB by which the line through the samples after the warm-up rises, and what that is in an hour. */
  readonly rise: number;
  readonly growth: number;
}

/** The memory that a process and its children hold alone or share, in MiB; undefined once it has ended. */
export function memoryOf(pid: number): number | undefined {
  if (!isAlive(pid)) return undefined;
  // Of PostgreSQL's backends the shared part would be counted again for each: Pss shares it out.
  const pss = [pid, ...childrenOf(pid)].map((one) => {
    const text = read(`/proc/${one}/smaps_rollup`);
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
  });
  return pss.reduce((sum, kib) => sum + kib, 0) / 1_024;
}

const childrenOf = (pid: number): number[] =>
  read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);

/** Of a process that has ended meanwhile, nothing. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) return '';
    throw error;
  }
}

/** The slope of the straight line that lies nearest to the samples (least squares), in MiB a second. */
export function slope(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [at, mib] = [mean(samples.map((one) => one.at)), mean(samples.map((one) => one.mib))];
  const spread = samples.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
  const together = samples.reduce((sum, one) => sum + (one.at - at) * (one.mib - mib), 0);
  return spread === 0 ? 0 : together / spread;
}

/** @param from seconds into the run from which on the line is fitted: caches fill and code is compiled before */
export function trend(name: string, samples: readonly Sample[], from: number): Trend {
  const warm = samples.filter(({ at }) => at >= from);
  const mib = samples.map((sample) => sample.mib);
  return {
    name,
    first: warm[0]?.mib ?? 0,
    last: mib.at(-1) ?? 0,
    most: Math.max(...mib),
    rise: slope(warm) * ((warm.at(-1)?.at ?? 0) - (warm[0]?.at ?? 0)),
    growth: slope(warm) * 3_600,
  };
}

/** What rises by less than this is flat: the collector's own swing over a run is larger. */
const FLAT_MIB = 16;

export const isFlat = ({ rise, first }: Trend): boolean => rise < Math.max(FLAT_MIB, first * 0.1);

/** The memory of a system's processes, looked at from time to time. */
export class Memory {
  readonly #samples = new Map<string, { pid: number; samples: Sample[] }>();

  sample(at: number, processes: ReadonlyMap<string, number>): void {
    for (const [name, pid] of processes) {
      const mib = memoryOf(pid);
      if (name === 'launcher' || mib === undefined) continue;
      const known = this.#samples.get(name);
      // A process that was started again begins with little.
      if (known?.pid === pid) known.samples.push({ at, mib });
      else this.#samples.set(name, { pid, samples: [{ at, mib }] });
    }
  }

  trends(from: number): Trend[] {
    return [...this.#samples].map(([name, { samples }]) => trend(name, samples, from));
  }
}
