import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { readOptions } from '../../local/options.ts';
import { freePorts } from '../../local/ports.ts';
import type { Adjust } from '../../local/processes/supervisor.ts';
import { startStack } from '../../local/stack.ts';
import { newDataDirectory, registered, settingOf } from '../support/stack.ts';
import { WITHOUT_LIMITS } from '../support/without-limits.ts';
import type { StartOptions } from './faults/fault.ts';
import type { RelayedEvent } from './history.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A running system that faults are inflicted on. */
export interface System {
  readonly url: string;
  readonly data: string;
  /** The processes that run now, by name: `postgres`, `event-store`, `command-1`, `query-1`, … */
  processes(): ReadonlyMap<string, number>;
  /** A setting that the services were started with, as the launcher wrote it down for the tool: `REDIS_URL`, … */
  setting(name: string): string;
  /** Runs a command of the tool against it and answers its standard output. @throws Error it failed */
  tool(...args: readonly string[]): Promise<string>;
  /** Where there is Kafka: what its topic has, once the relay has sent everything up to a position. */
  relayed?(upTo: number): Promise<readonly RelayedEvent[]>;
  /** What the launcher said so far: which process ended, and its last words. */
  said(): string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

export interface SystemOptions extends StartOptions {
  /** Of `npm start`; the port, the data and that there is no tour are given already. */
  readonly args: readonly string[];
  /** What a process is started with instead, asked before each of its starts. */
  readonly adjust?: Adjust | undefined;
  /** Makes the data folder ready before anything runs, and answers what undoes it before the folder is removed. */
  readonly furnish?: ((data: string) => () => void) | undefined;
  /** Settings of every service and of the launcher. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where its data is kept, also once it is stopped; else in a directory that is removed then. */
  readonly keptIn?: string | undefined;
}

/**
 * Starts the whole system with its supervisor in this process, so that proxies and stand-ins can stand between its
 * processes, and resolves once it answers.
 */
export async function startSystem(starting: SystemOptions): Promise<System> {
  const { args, adjust, furnish, env, signal, eventStore, keptIn } = starting;
  const data = keptIn ?? newDataDirectory();
  const unfurnish = furnish?.(data);
  const [port] = (await freePorts(1)) as [number];
  const settings = { ...WITHOUT_LIMITS, ...env };
  const given = ['--no-tour', '--port', String(port), '--data', data, ...args];
  if (eventStore !== undefined) given.push('--event-store', eventStore);
  const options = readOptions(given, { ...process.env, ...settings }, root);
  if (!options) throw new Error(`these options only ask for help: ${args.join(' ')}`);
  const said: string[] = [];
  const withSettings: Adjust = async (spec) => {
    const adjusted = { ...spec, env: { ...settings, ...spec.env } };
    return adjust ? adjust(adjusted) : adjusted;
  };
  const remove = () => {
    unfurnish?.();
    if (keptIn === undefined) rmSync(data, { recursive: true, force: true });
  };
  const stack = await startStack(options, (line) => said.push(line), signal, withSettings).catch((error) => {
    remove();
    throw error;
  });
  return {
    url: `http://127.0.0.1:${port}`,
    data,
    processes: () => registered(data),
    setting: (name) => settingOf(data, name),
    tool: async (...command) => {
      const entry = [`--env-file=${path.join(data, 'env')}`, path.join(root, 'cli/main.ts')];
      const { stdout } = await promisify(execFile)(process.execPath, [...entry, ...command]);
      return stdout.trim();
    },
    said: () => said.join('\n'),
    stop: async () => {
      await stack.stop();
      remove();
    },
  };
}
