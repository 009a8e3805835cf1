import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { fetchJars } from '../../../local/servers/maven.ts';
import { findPrograms } from '../../../local/servers/programs.ts';
import { pythonWith } from '../../support/analysis/python.ts';

const run = promisify(execFile);
const clone = path.resolve(import.meta.dirname, '../../..');
const programs = path.join(clone, '.local/programs');
/** Where each language's list of libraries stands. */
const checkers = path.join(clone, 'client/conformance/checkers');

/** A command line that runs a program; what it is asked with follows. */
export type Runnable = readonly [command: string, ...args: string[]];

/** Installs what a program of this language needs, and resolves with how it is run. @throws what is missing */
export type Language = (program: string) => Promise<Runnable>;

const INSTALL = { timeout: 240_000 };

/** A folder that is named by what goes into it, so that a change of that makes another. */
function folderOf(name: string, ...contents: readonly string[]): string {
  const key = createHash('sha256').update(contents.join('\0')).digest('hex').slice(0, 12);
  mkdirSync(programs, { recursive: true });
  return path.join(programs, `lease-${name}-${key}`);
}

/** With PyJWT. */
export const python: Language = async (program) => {
  const interpreter = await pythonWith(path.join(checkers, 'python/requirements.txt'));
  const file = path.join(folderOf('python', program), 'program.py');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, program);
  return [interpreter, file];
};

/** golang-jwt and keyfunc, at the versions of go.mod; built once. */
export const go: Language = async (program) => {
  const modules = ['go.mod', 'go.sum'].map((name) => path.join(checkers, 'go', name));
  const folder = folderOf('go', program, ...modules.map((file) => readFileSync(file, 'utf8')));
  const built = path.join(folder, 'program');
  if (!existsSync(built)) {
    mkdirSync(folder, { recursive: true });
    for (const file of modules) cpSync(file, path.join(folder, path.basename(file)));
    writeFileSync(path.join(folder, 'main.go'), program);
    await run('go', ['build', '-o', 'program.part', '.'], { ...INSTALL, cwd: folder });
    renameSync(path.join(folder, 'program.part'), built);
  }
  return [built];
};

/** JJWT, fetched by Maven; compiled once. */
export const java: Language = async (program) => {
  const { javac, mvn } = findPrograms(['javac', 'mvn'], (line) => void process.stderr.write(`${line}\n`));
  const pom = path.join(checkers, 'java/pom.xml');
  const jars = await fetchJars({ called: 'JJWT', name: 'lease-java', pom }, mvn);
  const folder = folderOf('java', program, readFileSync(pom, 'utf8'));
  const classes = path.join(folder, 'classes');
  const libraries = path.join(jars, '*');
  if (!existsSync(path.join(folder, 'ready'))) {
    mkdirSync(classes, { recursive: true });
    const file = path.join(folder, 'Check.java');
    writeFileSync(file, program);
    await run(javac, ['-cp', libraries, '-d', classes, file], INSTALL);
    writeFileSync(path.join(folder, 'ready'), '');
  }
  return [path.join(path.dirname(javac), 'java'), '-cp', `${classes}${path.delimiter}${libraries}`, 'Check'];
};

/** jose, which the project itself uses. */
export const node: Language = async (program) => {
  const file = path.join(folderOf('node', program), 'program.mjs');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, program);
  return [process.execPath, file];
};

/** Runs it. @returns what the program prints. @throws Error it exits with another code than 0 */
export async function runWith([command, ...args]: Runnable, ...more: readonly string[]): Promise<string> {
  const { stdout } = await run(command, [...args, ...more], { timeout: 30_000 });
  return stdout.trim();
}
