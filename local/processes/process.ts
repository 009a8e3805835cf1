import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { endGroup } from './groups.ts';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly cwd?: string;
  /** What makes it end in good order; SIGTERM unless given. */
  readonly stopSignal?: NodeJS.Signals;
  /** Its children serve on without it, and another one may listen beside them: they end once that one runs. */
  readonly overlaps?: boolean;
  readonly logFile: string;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the process has ended, however it did, and with it what it started, unless its spec says that it overlaps. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Ends what it started and left behind. */
  endChildren(): Promise<void>;
  /** Asks it to end, insists after `graceMs`, and resolves when it is gone. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Starts a process in a group of its own (so that Ctrl-C in the terminal reaches the launcher alone, which then stops
 * everything in order), its output in a log file.
 * @throws Error the program could not be started
 */
export async function startProcess(spec: ProcessSpec): Promise<RunningProcess> {
  const log = openLog(spec.logFile);
  const child = spawn(spec.command, spec.args, {
    stdio: ['ignore', log, log],
    detached: true,
    env: { ...process.env, ...spec.env },
    ...(spec.cwd ? { cwd: spec.cwd } : {}),
    ...(spec.user ?? {}),
  });
  if (log !== 'ignore') closeSync(log);
  const endChildren = async () =>
    void (await endGroup(child.pid as number, spec.command, spec.stopSignal ?? 'SIGTERM'));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  }).then(async (how) => {
    if (!spec.overlaps) await endChildren();
    return how;
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new Error(`${spec.name} could not be started: ${cause.message}`, { cause })),
    );
  });
  return {
    name: spec.name,
    pid: child.pid as number,
    logFile: spec.logFile,
    ended,
    endChildren,
    stop: async (graceMs = 15_000) => {
      await stopChild(child, ended, spec.stopSignal ?? 'SIGTERM', graceMs);
      if (spec.overlaps) await endChildren();
    },
  };
}

/** A log that can't be made (the disk is full) costs the lines, not the process. */
function openLog(file: string): number | 'ignore' {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    return openSync(file, 'a');
  } catch (error) {
    if (isFull(error)) return 'ignore';
    throw error;
  }
}

/** There is no room on the disk. */
export const isFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

async function stopChild(
  child: ChildProcess,
  ended: Promise<unknown>,
  signal: NodeJS.Signals,
  graceMs: number,
) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const insist = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(insist);
}
