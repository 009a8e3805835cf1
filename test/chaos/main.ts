import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ProgramsMissing } from '../../local/servers/programs.ts';
import { replaceMarked } from '../support/marked.ts';
import { createRandom } from '../support/random.ts';
import type { Fault } from './faults/fault.ts';
import { type HowMany, notRun, type PlannedShape, plan, withoutLocalStore } from './plan.ts';
import { runShape, type ShapeReport } from './run.ts';
import { SHAPES } from './shapes/shapes.ts';
import { table } from './table.ts';

const HELP = `Usage: npm run test:faults -- [options]

Starts the whole system, lets customers, an operator and their programs work on it, kills and freezes what it is made of,
and judges by a checker of histories whether a promise was broken. Exit code 1 if one was, or if a validation of a known
license got no answer where it is promised one.

Options:
  --times N      each fault N times (default 1)
  --faults N     so many faults of all instead; all of them come before any comes again
  --only TEXT    only faults whose "shape: name" has this text
  --seed N       the same seed gives the same faults in the same order (default: from the clock)
  --event-store URL
                 an empty EventStoreDB, one node or a cluster (esdb://…), instead of the local event store
  --list         name the faults, and run nothing
  --report FILE  put the table between the markers <!-- faults --> of a Markdown file
  --help         show this
`;

/** One broken promise is usually one cause. */
const MOST_DETAILS = 10;

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '1' },
    faults: { type: 'string' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    list: { type: 'boolean', default: false },
    'event-store': { type: 'string' },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const shapes = values['event-store'] === undefined ? SHAPES : SHAPES.map(withoutLocalStore);
const say = (line: string) => void process.stdout.write(`${line}\n`);

function number(name: 'times' | 'faults' | 'seed'): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 0) return value;
  process.stderr.write(`--${name} takes a whole number, not "${values[name]}"\n`);
  process.exit(2);
}

function list(): void {
  for (const { name: shape, faults } of shapes)
    for (const { name, promised, needs } of faults)
      say(`${shape}: ${name}  (${needs === undefined ? promised : `not run: ${needs}`})`);
}

async function run(): Promise<void> {
  const howMany: HowMany =
    values.faults === undefined ? { times: number('times') } : { faults: number('faults') };
  const seed = number('seed');
  const random = createRandom(seed);
  const planned = plan(shapes, values.only, howMany, random);
  if (planned.length === 0) throw new Error(`no fault that can be inflicted here is called ${values.only}`);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  say(`seed ${seed}`);
  const reports: ShapeReport[] = [];
  const missing = [...notRun(shapes, values.only)];
  for (const one of planned) {
    say(`\n${one.shape.name}: ${one.faults.length} faults`);
    try {
      const eventStore = values['event-store'];
      const report = await runShape(one, { random, say, signal: stopping.signal, eventStore });
      reports.push(report);
      judge(report);
    } catch (error) {
      if (stopping.signal.aborted) throw error;
      missing.push(...without(one, error as Error));
    }
  }
  const text = table(reports, missing);
  say(`\n${text}`);
  if (values.report !== undefined) {
    const document = readFileSync(values.report, 'utf8');
    writeFileSync(values.report, replaceMarked(document, 'faults', `${text}\n\nSeed ${seed}.`));
  }
}

/** The others go on. What lacks a program was not run; any other error fails the run. */
function without({ shape, faults }: PlannedShape, error: Error): readonly Fault[] {
  const lacks = error instanceof ProgramsMissing;
  if (!lacks) process.exitCode = 1;
  say(`${shape.name} ${lacks ? 'was not run' : 'ended early'}: ${lacks ? error.message : error.stack}`);
  const needs = lacks ? (error.message.split('\n')[0] ?? '') : `the run of ${shape.name} ended early`;
  return [...new Set(faults)].map((fault) => ({ ...fault, needs }));
}

function judge({ faults, commands, validations, violations }: ShapeReport): void {
  say(`${faults.length} faults, ${commands} commands, ${validations} validations`);
  for (const [promise, all] of Map.groupBy(violations, (violation) => violation.promise)) {
    say(`BROKEN  ${promise} (${all.length})`);
    for (const { detail } of all.slice(0, MOST_DETAILS)) say(`        ${detail}`);
  }
  say(violations.length === 0 ? 'every promise was kept' : `${violations.length} violations`);
  if (violations.length > 0) process.exitCode = 1;
}

if (values.help) process.stdout.write(HELP);
else if (values.list) list();
else {
  await run().catch((error: Error) => {
    process.stderr.write(`${error instanceof ProgramsMissing ? error.message : (error.stack ?? error)}\n`);
    process.exitCode = 1;
  });
}
