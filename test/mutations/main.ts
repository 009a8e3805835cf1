import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MUTATIONS, type Mutation } from './mutations.ts';

const HELP = `Usage: npm run test:mutations -- [options]

Breaks each promise on purpose, in a copy of the code, runs the tests that have to notice, and expects them to fail. Prints them as
a table. Exit code 1 if a mutation was noticed by nothing, or could not be made.

Options:
  --only TEXT    only mutations whose name has this text
  --list         name them, and run nothing
  --help         show this
`;

const ROOT = path.resolve(import.meta.dirname, '../..');
const LEFT_OUT = new Set(['node_modules', '.git', '.local']);
const LIMIT_MS = 300_000;

/** A copy of the code to break, with the same packages. */
function makeCopy(): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'license-mutations-'));
  cpSync(ROOT, copy, { recursive: true, filter: (file) => !LEFT_OUT.has(path.relative(ROOT, file)) });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

interface Result {
  readonly failed: readonly string[];
  /** Why nothing can be said: the tests did not run. */
  readonly problem?: string;
}

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** The names of the tests that fail in the copy as it is now. */
async function failing(copy: string, { tier, tests }: Mutation): Promise<Result> {
  const report = path.join(copy, 'mutation-report.json');
  rmSync(report, { force: true });
  const args = ['run', '--project', tier, '--bail', '1', '--reporter', 'json', '--outputFile', report, tests];
  const run = spawn(path.join(copy, 'node_modules/.bin/vitest'), args, {
    cwd: copy,
    stdio: 'ignore',
    timeout: LIMIT_MS,
  });
  await once(run, 'exit');
  let read: Report;
  try {
    read = JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    return { failed: [], problem: `no report: ${error instanceof Error ? error.message : error}` };
  }
  const all = read.testResults.flatMap(({ assertionResults }) => assertionResults);
  if (all.length === 0) return { failed: [], problem: read.testResults[0]?.message ?? 'no tests' };
  return { failed: all.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName) };
}

async function tryOut(copy: string, mutation: Mutation): Promise<Result> {
  const file = path.join(copy, mutation.file);
  const text = readFileSync(file, 'utf8');
  const places = text.split(mutation.find).length - 1;
  if (places !== 1) return { failed: [], problem: `its place stands ${places} times in ${mutation.file}` };
  writeFileSync(
    file,
    text.replace(mutation.find, () => mutation.replace),
  );
  try {
    return await failing(copy, mutation);
  } finally {
    writeFileSync(file, text);
  }
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const chosen = MUTATIONS.filter(({ name }) => name.includes(values.only));
const say = (line: string) => void process.stdout.write(`${line}\n`);

async function run(): Promise<void> {
  const copy = makeCopy();
  let unnoticed = 0;
  say('| promise | broken | noticed by |\n|---|---|---|');
  try {
    for (const mutation of chosen) {
      const { failed, problem } = await tryOut(copy, mutation);
      const [first] = failed;
      if (first === undefined) unnoticed += 1;
      const noticed = first === undefined ? `**nothing**${problem ? ` (${problem})` : ''}` : first;
      say(`| ${mutation.promise} | ${mutation.name} | \`${mutation.tests}\`: ${noticed} |`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  say(`\n${chosen.length - unnoticed} noticed, ${unnoticed} not`);
  if (unnoticed > 0 || chosen.length === 0) process.exitCode = 1;
}

if (values.help) process.stdout.write(HELP);
else if (values.list) for (const { promise, name } of chosen) say(`${promise}  ${name}`);
else await run();
