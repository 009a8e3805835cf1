import { readdirSync, readFileSync } from 'node:fs';

/** Of /proc/<pid>/stat: a hundredth of a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

interface Process {
  readonly parent: number;
  /** User and system time, its own and that of children it has waited for. */
  readonly seconds: number;
}

/** The processes of this machine at one moment, by proc(5). */
export class ProcessTree {
  readonly #processes: ReadonlyMap<number, Process>;
  readonly #children = new Map<number, number[]>();

  private constructor(processes: ReadonlyMap<number, Process>) {
    this.#processes = processes;
    for (const [pid, { parent }] of processes) {
      const siblings = this.#children.get(parent);
      if (siblings) siblings.push(pid);
      else this.#children.set(parent, [pid]);
    }
  }

  static now(): ProcessTree {
    const processes = new Map<number, Process>();
    for (const name of readdirSync('/proc')) {
      const found = /^\d+$/.test(name) && read(name);
      if (found) processes.set(Number(name), found);
    }
    return new ProcessTree(processes);
  }

  /** Those that it started and those that they started, nearest first. */
  descendants(pid: number): number[] {
    const found: number[] = [];
    for (const at of [[pid], found]) {
      for (const parent of at) found.push(...(this.#children.get(parent) ?? []));
    }
    return found;
  }

  /** CPU seconds of a process and of those it has waited for. */
  seconds(pid: number): number {
    return this.#processes.get(pid)?.seconds ?? 0;
  }

  /** CPU seconds of a process and of everything below it, also of what has ended. */
  secondsOfAll(pid: number): number {
    return [pid, ...this.descendants(pid)].reduce((sum, each) => sum + this.seconds(each), 0);
  }
}

/** Undefined for a process that has just ended. */
function read(pid: string): Process | undefined {
  try {
    // The name, in brackets, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
