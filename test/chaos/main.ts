import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ProgramsMissing } from '../../local/servers/programs.ts';
import { replaceMarked } from '../support/marked.ts';
import { createRandom } from '../support/random.ts';
import { type HowMany, notRun, type PlannedShape, plan, withoutLocalStore } from './plan.ts';
import { type ChaosOptions, runShape, type ShapeReport } from './run.ts';
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
  --report FILE  put the table of each shape whose faults all came into a Markdown file, between <!-- faults:SHAPE -->
                 and <!-- /faults:SHAPE -->
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
  for (const one of planned) {
    say(`\n${one.shape.name}: ${one.faults.length} faults`);
    const text = await runOne(one, {
      random,
      say,
      signal: stopping.signal,
      eventStore: values['event-store'],
    });
    say(`\n${text}`);
    // One by one: what was found is kept, whatever ends the run.
    if (values.report !== undefined) write(values.report, one, `${text}\n\nSeed ${seed}.`);
  }
}

/** The table of a shape that ran, or why there is none. One that lacks a program was not run; any other error fails the run. */
async function runOne(planned: PlannedShape, options: ChaosOptions): Promise<string> {
  try {
    const report = await runShape(planned, options);
    judge(report);
    return table(report, notRun([planned.shape], values.only));
  } catch (error) {
    if (options.signal.aborted) throw error;
    const lacks = error instanceof ProgramsMissing;
    if (!lacks) process.exitCode = 1;
    const { message, stack } = error as Error;
    say(`${planned.shape.name} ${lacks ? 'was not run' : 'ended early'}: ${lacks ? message : stack}`);
    return `Not run: ${message.split('\n')[0]}.`;
  }
}

/** Only a shape whose faults all came has a place in the document. */
function write(file: string, { shape, faults }: PlannedShape, text: string): void {
  const left = shape.faults.filter((fault) => fault.needs === undefined && !faults.includes(fault));
  if (left.length > 0)
    say(`${file} keeps what it says of ${shape.name}: ${left.length} of its faults did not come`);
  else writeFileSync(file, replaceMarked(readFileSync(file, 'utf8'), `faults:${shape.name}`, text));
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
