import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { StartRefused } from './refused.ts';
import { type Backends, serviceEnvironment } from './services.ts';

const run = promisify(execFile);
const entry = path.resolve(import.meta.dirname, '../cli/main.ts');

/** Runs a command of the tool against this stack, and answers what it printed. @throws StartRefused with its messages */
export async function runTool(backends: Backends, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(process.execPath, [entry, ...args], {
      env: { ...process.env, ...serviceEnvironment(backends) },
    });
    return stdout.trim();
  } catch (cause) {
    throw new StartRefused(`${args.join(' ')}: ${(cause as { stderr?: string }).stderr?.trim() ?? ''}`, {
      cause,
    });
  }
}

/** The same with this process's own output: on a terminal it prints as it would there. @throws StartRefused it failed */
export async function showTool(backends: Backends, ...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [entry, ...args], {
    env: { ...process.env, ...serviceEnvironment(backends) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new StartRefused(`${args.join(' ')}: it ended with ${code}`);
}
