import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const programs = path.resolve(import.meta.dirname, '../../.local/programs');
/** How long an installation may take, in milliseconds: as long as it is given in a `beforeAll`. */
export const INSTALLING_MS = 240_000;
const INSTALL = { timeout: INSTALLING_MS };

const made = new Map<string, Promise<string>>();

/**
 * A Python with what a file of requirements names, in an environment of its own that is kept in the clone.
 * @returns the interpreter
 * @throws Error it can't be installed: what pip says
 */
export function pythonWith(requirements: string): Promise<string> {
  const python = made.get(requirements) ?? make(requirements);
  made.set(requirements, python);
  return python;
}

/** It gets its name when it is whole: another process may make the same one at the same time. */
async function make(requirements: string): Promise<string> {
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = path.join(programs, `python-${key}`);
  if (!existsSync(folder)) {
    mkdirSync(programs, { recursive: true });
    const part = mkdtempSync(`${folder}.part-`);
    try {
      await run('python3', ['-m', 'venv', part], INSTALL);
      // What is never imported need not be compiled: a third of the time. Through the interpreter: the scripts of an environment name the folder that it was made in.
      const pip = ['-m', 'pip', 'install', '--quiet', '--no-compile', '-r', requirements];
      await run(path.join(part, 'bin/python'), pip, INSTALL);
      settle(part, folder);
    } finally {
      rmSync(part, { recursive: true, force: true });
    }
  }
  return path.join(folder, 'bin/python');
}

function settle(part: string, folder: string): void {
  try {
    renameSync(part, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}
