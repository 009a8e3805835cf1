import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const clone = path.resolve(import.meta.dirname, '../../..');

/** A folder of somebody else's, with the package in it as npm packs and installs it. */
export interface Project {
  readonly folder: string;
  /** What the package holds. */
  readonly packed: readonly string[];
}

/** Packs the client, and installs it in an empty project beside copies of its examples. */
export async function emptyProject(): Promise<Project> {
  const folder = mkdtempSync(path.join(tmpdir(), 'license-test-client-'));
  const pack = await run('npm', ['pack', './client', '--json', '--pack-destination', folder], { cwd: clone });
  const [{ filename, files }] = JSON.parse(pack.stdout) as [{ filename: string; files: { path: string }[] }];
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`], {
    cwd: folder,
    timeout: 120_000,
  });
  cpSync(path.join(clone, 'client/examples'), path.join(folder, 'examples'), { recursive: true });
  return { folder, packed: files.map((file) => file.path) };
}

/** Compiles a program of the project's against the package's types. @throws Error with what tsc says */
export async function typeCheck({ folder }: Project, program: string): Promise<void> {
  writeFileSync(path.join(folder, 'program.ts'), program);
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--lib',
    'es2023,dom',
  ];
  const tsc = path.join(clone, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [tsc, ...options, 'program.ts'], { cwd: folder });
}

/** The machine's own Node where it is one that the package supports; else the one that runs the tests. */
export function someNode(): string {
  const places = (process.env.PATH ?? '').split(path.delimiter).filter((at) => !at.includes('node_modules'));
  const own = places.map((place) => path.join(place, 'node')).find((file) => existsSync(file));
  const supported =
    own !== undefined &&
    Number(/^v(\d+)/.exec(execFileSync(own, ['--version'], { encoding: 'utf8' }))?.[1]) >= 20;
  return supported ? own : process.execPath;
}

/** Runs a program of the project's. @returns what it printed, and the code it exited with */
export async function runProgram(
  { folder }: Project,
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly text: string }> {
  const options = { cwd: folder, env: { ...process.env, ...env }, timeout: 60_000 };
  try {
    const { stdout } = await run(someNode(), [program, ...args], options);
    return { code: 0, text: stdout.trim() };
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    if (typeof code !== 'number') throw error;
    return { code, text: String(stdout).trim() };
  }
}
