import { setTimeout as delay } from 'node:timers/promises';
import { lastWords } from './last-words.ts';
import { type ProcessSpec, type RunningProcess, startProcess } from './process.ts';
import type { ProcessRegistry } from './registry.ts';

interface Supervised {
  readonly group: string;
  readonly spec: ProcessSpec;
  process: RunningProcess;
}

/** A process that ends at once must not keep the machine busy. */
const RESTART_MS = 1_000;

/** What a process is started with instead. Asked before each start, also after a process ended by itself. */
export type Adjust = (spec: ProcessSpec) => ProcessSpec | Promise<ProcessSpec>;

/**
 * Keeps processes running: each is registered on disk, started again when it ends by itself, and stopped in the
 * reverse order of its start.
 */
export class Supervisor {
  readonly #registry: ProcessRegistry;
  readonly #say: (line: string) => void;
  readonly #running: Supervised[] = [];
  /** Aborted when the user asked to stop: nothing new is started then, and nothing waited for. */
  readonly signal: AbortSignal;
  #stopping = false;

  readonly #adjust: Adjust;

  constructor(
    registry: ProcessRegistry,
    say: (line: string) => void,
    signal: AbortSignal,
    adjust: Adjust = (spec) => spec,
  ) {
    this.#adjust = adjust;
    this.#registry = registry;
    this.#say = say;
    this.signal = signal;
  }

  /** @throws Error the program could not be started, or the user asked to stop */
  async start(group: string, spec: ProcessSpec): Promise<RunningProcess> {
    this.signal.throwIfAborted();
    const entry = { group, spec, process: await startProcess(await this.#adjust(spec)) };
    this.#running.push(entry);
    await this.#registry.add(spec.name, entry.process.pid, spec);
    this.#watch(entry);
    return entry.process;
  }

  /** Stops everything in the reverse order of its start; what was started as one group stops together. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const groups = Map.groupBy(this.#running.splice(0).reverse(), ({ group }) => group);
    for (const group of groups.values()) {
      await Promise.all(
        group.map(async ({ process }) => {
          await process.stop();
          this.#registry.remove(process.pid);
        }),
      );
    }
  }

  #watch(entry: Supervised): void {
    void entry.process.ended.then(async ({ code, signal }) => {
      if (this.#stopping) return;
      this.#registry.remove(entry.process.pid);
      this.#say(
        `${entry.spec.name} ended (${signal ?? `code ${code}`}); starting it again. Its last words:\n${lastWords(entry.process.logFile, 5)}`,
      );
      await this.#restart(entry);
    });
  }

  async #restart(entry: Supervised): Promise<void> {
    const { process: old, spec } = entry;
    if (!spec.overlaps) await delay(RESTART_MS);
    if (this.#stopping) return;
    try {
      entry.process = await startProcess(await this.#adjust(spec));
    } catch (error) {
      this.#say(`${spec.name} could not be started again: ${(error as Error).message}. Trying again.`);
      if (spec.overlaps) await delay(RESTART_MS);
      return this.#restart(entry);
    }
    await this.#registry.add(spec.name, entry.process.pid, spec);
    if (spec.overlaps) {
      await delay(RESTART_MS);
      await old.endChildren();
    }
    this.#watch(entry);
  }
}

/** A process ended or was not ready in time. The message is for the user, with what the process said of it. */
export class NotReady extends Error {
  readonly code = 'not_ready';
}

interface Patience {
  /** After which it is given up; a minute unless given. */
  readonly timeoutMs?: number;
  /** Told each half minute that it is waited for. */
  readonly say?: (line: string) => void;
}

const TOLD_EVERY_MS = 30_000;

/**
 * Asks `ready` again and again until it says so.
 * @throws NotReady, or the signal's reason
 */
export async function untilReady(
  process: RunningProcess,
  ready: () => Promise<boolean>,
  signal?: AbortSignal,
  { timeoutMs = 60_000, say }: Patience = {},
): Promise<void> {
  let ended = false;
  void process.ended.then(() => {
    ended = true;
  });
  const from = Date.now();
  let toldAt = from;
  for (const deadline = from + timeoutMs; ; await delay(30)) {
    signal?.throwIfAborted();
    if (await ready()) return;
    if (ended || Date.now() > deadline) {
      const what = ended ? 'ended' : `was not ready within ${Math.round(timeoutMs / 1_000)} s`;
      throw new NotReady(
        `${process.name} ${what}. Its last words, of ${process.logFile}:\n${lastWords(process.logFile)}`,
      );
    }
    if (say && Date.now() - toldAt >= TOLD_EVERY_MS) {
      toldAt = Date.now();
      say(
        `Waiting for ${process.name}, for ${Math.round((toldAt - from) / 1_000)} s now; its log: ${process.logFile}`,
      );
    }
  }
}

/** True if `url` answers 200 now. */
export async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch (error) {
    // Not listening yet, or too slow: the caller asks again until its deadline.
    if (error instanceof TypeError || (error as Error).name === 'TimeoutError') return false;
    throw error;
  }
}
