import { readFileSync } from 'node:fs';
import { ProcessTree } from './process-tree.ts';

/** What the benchmark itself, and the programs that it starts and waits for, are called in reports. */
export const GENERATOR = 'load generator';

/** What was used while something was measured. */
export interface CpuUse {
  /** Microseconds of user and system time an operation, by process. Nodes of a kind are added up. */
  readonly micros: Readonly<Record<string, number>>;
  /** Of one core, by each of the generator's threads: near 1 it may be what is measured. */
  readonly generatorShare: number;
  /** Of all cores, by everything that runs on this machine. */
  readonly machineShare: number;
}

export interface CpuOptions {
  /** Processes by name, as the stack has them: each with what it started. */
  readonly processes: ReadonlyMap<string, number>;
  /** What the CPU time of the benchmark and of the programs it waits for is called; GENERATOR unless given. */
  readonly own?: string;
  /** Threads that the load comes from. */
  readonly threads?: number;
}

/** Runs `work`, which answers with how many operations it did, and measures the CPU time of one. */
export async function withCpu<R extends { readonly operations: number }>(
  { processes, own = GENERATOR, threads = 1 }: CpuOptions,
  work: () => Promise<R>,
): Promise<R & { readonly cpu: CpuUse }> {
  const before = snapshot(processes, own);
  const result = await work();
  const after = snapshot(processes, own);
  const seconds = after.at - before.at;
  const spent = Object.entries(after.byName).map(
    ([name, total]) => [name, total - (before.byName[name] ?? 0)] as const,
  );
  const generator = spent.find(([name]) => name === GENERATOR)?.[1] ?? 0;
  return {
    ...result,
    cpu: {
      micros: Object.fromEntries(spent.map(([name, used]) => [name, (used / result.operations) * 1e6])),
      generatorShare: generator / seconds / threads,
      machineShare: (after.busy - before.busy) / (after.ticks - before.ticks),
    },
  };
}

function snapshot(processes: ReadonlyMap<string, number>, own: string) {
  const tree = ProcessTree.now();
  const byName: Record<string, number> = { [own]: tree.seconds(process.pid) };
  for (const [name, pid] of processes) {
    if (name === 'launcher') continue;
    const kind = name.replace(/-\d+$/, '');
    byName[kind] = (byName[kind] ?? 0) + tree.secondsOfAll(pid);
  }
  return { at: performance.now() / 1_000, byName, ...machine() };
}

/** Of the first line of /proc/stat: fields 4 and 5 are idle time and waiting for disks, 9 and 10 are part of 1 and 2. */
function machine(): { readonly ticks: number; readonly busy: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const fields = line.split(/\s+/).slice(1, 9).map(Number);
  const ticks = fields.reduce((sum, field) => sum + field, 0);
  return { ticks, busy: ticks - (fields[3] as number) - (fields[4] as number) };
}
