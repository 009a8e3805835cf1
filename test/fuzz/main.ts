import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { replaceMarked } from '../support/marked.ts';
import { dispose, type LaunchedStack, launch } from '../support/stack.ts';
import { WITHOUT_LIMITS } from '../support/without-limits.ts';
import { Coverage } from './coverage.ts';
import { endpoints } from './document.ts';
import { mangle } from './mangle.ts';
import { fuzz } from './run.ts';
import { createWorld } from './world.ts';

const HELP = `Usage: npm run test:fuzz -- [options]

Starts the whole system and sends it requests that are made up from docs/openapi.json: good ones, ones that are spoiled in one place,
and ones whose bytes are mangled. Every answer is compared with the document. Exit code 1 if one differs, if one is a 5xx
(but "busy" and "the read model is behind"), or if a process has ended.

Options:
  --requests N   so many requests by the document (default 50,000), and a tenth as many mangled ones
  --seed N       the same seed makes up the same requests, but for the ids in them (default: from the clock)
  --report FILE  put the result between the markers <!-- fuzz --> of a Markdown file
  --help         show this
`;

/** Then the customers are new ones: some have been erased or logged out by then. */
const PER_ROUND = 2_000;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '50000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const say = (line: string) => void process.stdout.write(`${line}\n`);

function number(name: 'requests' | 'seed'): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 0) return value;
  process.stderr.write(`--${name} takes a whole number, not "${values[name]}"\n`);
  process.exit(2);
}

/** @returns what was wrong */
async function rounds(stack: LaunchedStack, requests: number, seed: number, coverage: Coverage) {
  const wrong: string[] = [];
  for (let sent = 0; sent < requests && wrong.length === 0; sent += PER_ROUND) {
    const world = await createWorld(stack);
    const count = Math.min(PER_ROUND, requests - sent);
    wrong.push(...(await fuzz(stack.url, world, { seed: seed + sent, requests: count }, coverage)));
    const mangling = { seed: seed + sent, requests: Math.ceil(count / 10) };
    wrong.push(...(await mangle(stack.url, world, mangling, coverage)));
    say(`${sent + count} of ${requests}`);
  }
  return wrong;
}

/** Processes that are not the ones that were started. */
function ended(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): string[] {
  return [...before].filter(([name, pid]) => now.get(name) !== pid).map(([name]) => `${name} has ended`);
}

function summary(coverage: Coverage, seed: number, wrong: readonly string[]): string {
  const without = coverage.withoutSuccess();
  const statuses = coverage.byStatus().map(([status, count]) => `${status || 'none'}: ${count}`);
  const succeeded = `${endpoints.length - without.length} of the ${endpoints.length} operations succeeded at least once`;
  return [
    `${coverage.requests.toLocaleString('en')} requests, seed ${seed}: ${wrong.length} answers that differ from the document.`,
    `${succeeded}${without.length > 0 ? ` (not: ${without.join(', ')})` : ''}.`,
    `Answers by status: ${statuses.join(', ')}.`,
  ].join('\n');
}

async function run(): Promise<void> {
  const [requests, seed] = [number('requests'), number('seed')];
  say(`seed ${seed}`);
  const stack = await launch({ env: WITHOUT_LIMITS });
  const coverage = new Coverage();
  try {
    const before = stack.processes();
    const wrong = await rounds(stack, requests, seed, coverage);
    wrong.push(...ended(before, stack.processes()));
    say(coverage.lines().join('\n'));
    const text = summary(coverage, seed, wrong);
    say(`\n${text}`);
    for (const one of wrong) say(`DIFFERS  ${one}`);
    if (wrong.length > 0) process.exitCode = 1;
    else if (values.report !== undefined) {
      const document = readFileSync(values.report, 'utf8');
      writeFileSync(values.report, replaceMarked(document, 'fuzz', text));
    }
  } finally {
    await dispose(stack);
  }
}

if (values.help) process.stdout.write(HELP);
else await run();
