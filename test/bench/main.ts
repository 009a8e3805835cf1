import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findPrograms, ProgramsMissing } from '../../local/servers/programs.ts';
import { hasMarked, replaceMarked } from '../support/marked.ts';
import { BENCHMARKS } from './benchmarks/list.ts';
import { markdown, markOf } from './report/markdown.ts';
import { circumstances } from './runner/circumstances.ts';
import { runOne } from './runner/run-one.ts';

const OWN_OPTIONS = Object.assign({}, ...BENCHMARKS.map(({ options }) => options)) as Record<string, string>;

const line = (name: string, text: string) => `  ${name.padEnd(16)} ${text}`;
const HELP = `Usage: npm run bench -- [options] [name …]

Measures the running system, each figure beside a limit that is measured in the same run. Nothing else should be busy on
the machine. docs/benchmarks.md has the latest figures. Exit code 1 if a benchmark failed; the others are run nevertheless.

${BENCHMARKS.map(({ name, summary, onlyByName }) => line(name, onlyByName ? `${summary} (only where it is named)` : summary)).join('\n')}

Options:
${line('--rounds N', 'measure each thing N times, and print medians (default 3)')}
${line('--quick', 'a tenth of the keys, events and seconds, to try the benchmarks themselves: the figures mean little')}
${line('--report FILE', 'write the results into this document, between <!-- bench:NAME --> and <!-- /bench:NAME -->')}
${Object.entries(OWN_OPTIONS)
  .map(([name, text]) => line(`--${name} …`, text))
  .join('\n')}
${line('--help', 'show this')}
`;

const say = (text: string) => void process.stdout.write(`${text}\n`);

/** @throws Error what is wrong with the arguments */
function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      report: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      ...Object.fromEntries(Object.keys(OWN_OPTIONS).map((name) => [name, { type: 'string' } as const])),
    },
  });
  const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) throw new Error(`no benchmark is called ${unknown.join(', ')}`);
  if (!/^[1-9]\d?$/.test(values.rounds)) throw new Error('--rounds: expected 1 to 99');
  const chosen = BENCHMARKS.filter(({ name, onlyByName }) =>
    positionals.length > 0 ? positionals.includes(name) : !onlyByName,
  );
  const { rounds, quick, report, help, ...options } = values;
  // Before minutes of measuring, not after them.
  const document = report === undefined ? '' : readFileSync(report, 'utf8');
  const homeless = chosen.filter(({ name }) => !hasMarked(document, markOf(name)));
  if (report !== undefined && homeless.length > 0) {
    throw new Error(
      `${report} has no place for ${homeless.map(({ name }) => `<!-- ${markOf(name)} -->`).join(', ')}`,
    );
  }
  return { chosen, rounds: Number(rounds), quick, report, help, options: options as Record<string, string> };
}

/** @returns the names of those that failed */
async function measure({
  chosen,
  rounds,
  quick,
  report,
  options,
}: ReturnType<typeof readArguments>): Promise<string[]> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  findPrograms(['wrk'], say);
  const where = circumstances(say);
  say(where);
  const failed: string[] = [];
  for (const benchmark of chosen) {
    const { name, summary } = benchmark;
    say(`\n${name}: ${summary}`);
    const told = await runOne(benchmark, { name, rounds, quick, options }, stopping.signal);
    if (stopping.signal.aborted) return [...failed, name];
    if (told.failure !== undefined) say(`  ${told.notRunnable ? 'NOT RUN' : 'FAILED'}: ${told.failure}`);
    if (told.failure !== undefined && !told.notRunnable) failed.push(name);
    if (report !== undefined) {
      const text = markdown({
        name,
        summary,
        circumstances: quick ? `${where}, a tenth of the size` : where,
        ...told,
      });
      writeFileSync(report, replaceMarked(readFileSync(report, 'utf8'), markOf(name), text));
    }
  }
  return failed;
}

try {
  const order = readArguments();
  if (order.help) say(HELP);
  else {
    const failed = await measure(order);
    if (failed.length > 0) {
      say(`\nNot measured to their end: ${failed.join(', ')}`);
      process.exitCode = 1;
    }
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof ProgramsMissing ? 1 : 2;
}
