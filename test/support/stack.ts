import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '../../local/ports.ts';
import { ProcessRegistry } from '../../local/processes/registry.ts';
import { eventually } from './eventually.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A launcher of the whole system, as a user starts it, on a port and with data of the test's own. */
export interface LaunchedStack {
  readonly url: string;
  readonly data: string;
  readonly launcher: ChildProcess;
  /** Everything the launcher printed so far. */
  output(): string;
  /** The processes it runs now, by name: `postgres`, `event-store`, `command-1`, `query-1`, … */
  processes(): Map<string, number>;
  /** Runs a command of the tool against it and answers its standard output. */
  tool(...args: string[]): Promise<string>;
  /** The same, with both of its outputs. @throws Error it exited with another code than 0 */
  toolOutput(...args: string[]): Promise<{ readonly stdout: string; readonly stderr: string }>;
  /** Ctrl-C, and resolves with the exit code. */
  interrupt(): Promise<number | null>;
}

export interface LaunchOptions {
  readonly args?: readonly string[];
  readonly data?: string;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Open to the account that the servers run under, so that their data is in it too. */
export function newDataDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-test-stack-'));
  chmodSync(directory, 0o755);
  return directory;
}

/** Starts the launcher and resolves once it says that it is running. @throws Error with what it printed */
export async function launch(options: LaunchOptions = {}): Promise<LaunchedStack> {
  const data = options.data ?? newDataDirectory();
  const port = options.port ?? (await freePorts(1))[0];
  const { launcher, output } = spawnLauncher(
    ['--port', String(port), '--data', data, ...(options.args ?? ['--no-tour'])],
    options.env,
  );
  const ended = once(launcher, 'exit').then(() => {
    throw new Error(`the launcher ended:\n${output()}`);
  });
  const running = eventually('the launcher runs', () => output().includes('Running on'), 90_000);
  await Promise.race([running, ended]).catch(async (error) => {
    launcher.kill('SIGINT');
    await ended.catch(() => 'as it was told');
    throw error;
  });
  ended.catch(() => 'it ends later, as it should');
  return {
    url: `http://127.0.0.1:${port}`,
    data,
    launcher,
    output,
    processes: () => registered(data),
    tool: async (...args) => (await runTool(data, args)).stdout.trim(),
    toolOutput: (...args) => runTool(data, args),
    interrupt: async () => {
      launcher.kill('SIGINT');
      if (launcher.exitCode === null && launcher.signalCode === null) await once(launcher, 'exit');
      return launcher.exitCode;
    },
  };
}

/** Runs a command of the tool with the settings that the launcher wrote down. */
const runTool = (data: string, args: readonly string[]) =>
  promisify(execFile)(process.execPath, [
    `--env-file=${path.join(data, 'env')}`,
    path.join(root, 'cli/main.ts'),
    ...args,
  ]);

/** Starts the launcher without waiting for anything. */
export function spawnLauncher(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { launcher: ChildProcess; output: () => string } {
  const launcher = spawn(process.execPath, [path.join(root, 'local/main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let text = '';
  for (const stream of [launcher.stdout, launcher.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return { launcher, output: () => text };
}

/** A setting of the running system, as the launcher wrote it down for the tool. @throws Error it wrote none of that name */
export function settingOf(data: string, name: string): string {
  const value = new RegExp(`^${name}="(.*)"$`, 'm').exec(readFileSync(path.join(data, 'env'), 'utf8'))?.[1];
  if (value === undefined) throw new Error(`the launcher wrote no ${name}`);
  return value;
}

/** The processes that a launcher runs now, by name. */
export function registered(data: string): Map<string, number> {
  const entries = JSON.parse(readFileSync(path.join(data, 'processes.json'), 'utf8')) as {
    name: string;
    pid: number;
  }[];
  return new Map(entries.map(({ name, pid }) => [name, pid]));
}

/** Ends what a launcher left running that is gone: a test that fails leaves nothing behind. Answers the names. */
export const endLeftovers = (data: string): Promise<string[]> =>
  new ProcessRegistry(path.join(data, 'processes.json')).endLeftovers();

/** Ends what is left of a launched stack, and its data. */
export async function dispose(stack: LaunchedStack): Promise<void> {
  await stack.interrupt();
  rmSync(stack.data, { recursive: true, force: true });
}

/** True while the process exists (a zombie that nobody has waited for does not count). */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
