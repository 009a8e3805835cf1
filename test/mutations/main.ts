import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { replaceMarked } from '../support/marked.ts';
import { MUTATIONS } from './list/all.ts';
import { isNoticed, lineOf, type Tried, tableOf } from './table.ts';
import { Copy } from './try-out.ts';

const HELP = `Usage: npm run test:mutations -- [options]

Breaks each promise on purpose, in a copy of the code, runs the tests that have to notice, and expects them to fail, after they
have passed unbroken. Prints a table. Exit code 1 if a mutation was noticed by nothing, or could not be made.

Options:
  --only TEXT      only mutations whose name or file has this text (may be repeated)
  --tier NAME      only mutations that tests of this tier have to notice, such as unit
  --report FILE    write the table into this document, between <!-- mutations --> and <!-- /mutations -->;
                   of mutations that are not chosen the line stays that is there
  --missing        only those that the document has no test for yet: a run that was cut off goes on
  --list           name them, and run nothing
  --help           show this
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    tier: { type: 'string' },
    report: { type: 'string' },
    missing: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const known = values.missing && values.report !== undefined ? readFileSync(values.report, 'utf8') : '';
const chosen = MUTATIONS.filter(
  ({ name, file, tier }) =>
    !isNoticed(known, name) &&
    values.only.some((text) => name.includes(text) || file.includes(text)) &&
    (values.tier === undefined || tier === values.tier),
);
const say = (line: string) => void process.stdout.write(`${line}\n`);

function report(file: string, tried: readonly Tried[]): void {
  const document = readFileSync(file, 'utf8');
  writeFileSync(file, replaceMarked(document, 'mutations', tableOf(MUTATIONS, tried, document)));
}

async function run(): Promise<void> {
  const tried: Tried[] = [];
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  using copy = new Copy(stopping.signal);
  for (const mutation of chosen) {
    tried.push({ mutation, result: await copy.tryOut(mutation) });
    say(lineOf(tried.at(-1) as Tried));
    // One by one: what was found is kept, whatever ends the run.
    if (values.report !== undefined) report(values.report, tried);
  }
  const missed = tried.filter(({ result }) => result.kind !== 'noticed').length;
  say(`\n${tried.length - missed} noticed, ${missed} not`);
  if (missed > 0 || chosen.length === 0) process.exitCode = 1;
}

if (values.help) process.stdout.write(HELP);
else if (values.list) for (const { promise, name } of chosen) say(`${promise}  ${name}`);
else
  await run().catch((error: Error) => {
    const stopped = error.name === 'AbortError' && error.cause instanceof Error;
    process.stderr.write(`${stopped ? (error.cause as Error).message : error.stack}\n`);
    process.exitCode = 1;
  });
