import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { programOf } from './guide.ts';

const run = promisify(execFile);
const here = import.meta.dirname;
const clone = path.resolve(here, '../../..');
const programs = path.join(clone, '.local/programs');

/** A command line that verifies a lease; what it is asked with follows. */
type Verifier = readonly [command: string, ...args: string[]];

export interface Language {
  readonly name: string;
  /** Installs what the program needs, and resolves with how it is run. @throws what is missing */
  prepare(): Promise<Verifier>;
}

const INSTALL = { timeout: 240_000 };

/** A folder that is named by what goes into it, so that a change of that makes another. */
function folderOf(name: string, ...contents: readonly string[]): string {
  const key = createHash('sha256').update(contents.join('\0')).digest('hex').slice(0, 12);
  mkdirSync(programs, { recursive: true });
  return path.join(programs, `lease-${name}-${key}`);
}

/** PyJWT in an environment of its own, kept in the clone. */
async function python(): Promise<Verifier> {
  const requirements = path.join(here, 'requirements.txt');
  const folder = folderOf('python', readFileSync(requirements, 'utf8'));
  if (!existsSync(path.join(folder, 'ready'))) {
    await run('python3', ['-m', 'venv', folder], INSTALL);
    await run(path.join(folder, 'bin/pip'), ['install', '--quiet', '-r', requirements], INSTALL);
    writeFileSync(path.join(folder, 'ready'), '');
  }
  const program = path.join(folder, 'verify.py');
  writeFileSync(program, programOf('python'));
  return [path.join(folder, 'bin/python'), program];
}

/** golang-jwt and keyfunc, at the versions of go.mod; built once. */
async function go(): Promise<Verifier> {
  const modules = path.join(here, 'go');
  const program = programOf('go');
  const folder = folderOf(
    'go',
    program,
    ...['go.mod', 'go.sum'].map((name) => readFileSync(path.join(modules, name), 'utf8')),
  );
  const built = path.join(folder, 'verify');
  if (!existsSync(built)) {
    cpSync(modules, folder, { recursive: true });
    writeFileSync(path.join(folder, 'main.go'), program);
    await run('go', ['build', '-o', 'verify.part', '.'], { ...INSTALL, cwd: folder });
    renameSync(path.join(folder, 'verify.part'), built);
  }
  return [built];
}

/** jose, which the project itself uses. */
async function node(): Promise<Verifier> {
  const program = path.join(folderOf('node', programOf('js')), 'verify.mjs');
  mkdirSync(path.dirname(program), { recursive: true });
  writeFileSync(program, programOf('js'));
  return [process.execPath, program];
}

export const LANGUAGES: readonly Language[] = [
  { name: 'Python, PyJWT', prepare: python },
  { name: 'Go, golang-jwt', prepare: go },
  { name: 'Node, jose', prepare: node },
];

/** Has a lease verified. @returns what the program prints. @throws Error it refuses the lease */
export async function verifyWith([command, ...args]: Verifier, api: string, lease: string): Promise<string> {
  const { stdout } = await run(command, [...args, api, lease], { timeout: 30_000 });
  return stdout.trim();
}
