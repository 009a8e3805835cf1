import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { endGroup, startTime } from './groups.ts';
import { isFull, type ProcessSpec } from './process.ts';

interface RegisteredProcess {
  readonly name: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly stopSignal: NodeJS.Signals;
  /** Its program, where it leads a process group. */
  readonly command?: string | undefined;
}

/**
 * The processes of one data directory, on disk: after the launcher was killed, the next start ends what it left
 * running. (Linux and macOS.)
 */
export class ProcessRegistry {
  readonly #file: string;
  readonly #entries = new Map<number, RegisteredProcess>();

  constructor(file: string) {
    this.#file = file;
  }

  async add(
    name: string,
    pid: number,
    { stopSignal = 'SIGTERM', command }: Partial<Pick<ProcessSpec, 'stopSignal' | 'command'>> = {},
  ): Promise<void> {
    const startedAt = await startTime(pid);
    if (startedAt === undefined) return;
    this.#entries.set(pid, { name, pid, startedAt, stopSignal, command });
    this.#save();
  }

  remove(pid: number): void {
    if (this.#entries.delete(pid)) this.#save();
  }

  /** Ends what an earlier launcher left, newest first. Answers the names. @throws Error one can't be ended */
  async endLeftovers(): Promise<string[]> {
    const names: string[] = [];
    for (const entry of readEntries(this.#file).reverse()) {
      const startedAt = await startTime(entry.pid);
      // The kernel gives a number to nobody else while a group has it.
      if (startedAt !== undefined && startedAt !== entry.startedAt) continue;
      if (startedAt !== undefined) await endByPid(entry);
      const left = entry.command ? await endGroup(entry.pid, entry.command, entry.stopSignal) : 0;
      if (startedAt !== undefined || left > 0) names.push(entry.name);
    }
    rmSync(this.#file, { force: true });
    return names;
  }

  /** The launcher that is alive now and uses this directory, if any. */
  async runningLauncher(): Promise<number | undefined> {
    const launcher = readEntries(this.#file).find((entry) => entry.name === 'launcher');
    return launcher && (await startTime(launcher.pid)) === launcher.startedAt ? launcher.pid : undefined;
  }

  clear(): void {
    rmSync(this.#file, { force: true });
  }

  #save(): void {
    const temporary = `${this.#file}.${process.pid}.tmp`;
    try {
      writeFileSync(temporary, JSON.stringify([...this.#entries.values()]));
      renameSync(temporary, this.#file);
    } catch (error) {
      // It is written whole with the next change. Until then only a launcher that is killed leaves somebody unlisted.
      if (!isFull(error)) throw error;
    }
  }
}

function readEntries(file: string): RegisteredProcess[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`${file} can't be read; remove it if nothing of this stack is running`, { cause: error });
  }
}

async function endByPid(entry: RegisteredProcess): Promise<void> {
  process.kill(entry.pid, entry.stopSignal);
  for (let waited = 0; (await startTime(entry.pid)) === entry.startedAt; waited += 50) {
    if (waited === 10_000) process.kill(entry.pid, 'SIGKILL');
    if (waited > 15_000) throw new Error(`${entry.name} (pid ${entry.pid}) does not end`);
    await delay(50);
  }
}
