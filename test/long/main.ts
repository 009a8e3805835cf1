import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { replaceMarked } from '../support/marked.ts';
import { runLong } from './run.ts';
import { asMarkdown, isKept, lines } from './table.ts';

const HELP = `Usage: npm run test:long -- [options]

Starts the whole system on a clock that runs many times as fast as this machine's, lets customers and the seller's
programs work on it, and judges every answer, every promise, and whether the memory of the processes stays flat:
subscriptions that begin, end, pass their grace, are renewed, cancelled and suspended; leases; key rotation; partitions
over the ends of days and of a year; the 24 hours of an Idempotency-Key.

Options:
  --minutes N  how long, in this machine's time (default 60)
  --speed N    how many seconds the clock goes on in one (default 200)
  --seed N     the same seed gives the same customers (default: from the clock)
  --data DIR   where the data is kept (default: in a directory that is removed)
  --report FILE  put the result between the markers <!-- long --> of a Markdown file
  --help       show this
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    speed: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    data: { type: 'string' },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const number = (name: 'minutes' | 'speed' | 'seed'): number => {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  process.stderr.write(`--${name} takes a number above 0, not "${values[name]}"\n`);
  process.exit(2);
};

const say = (line: string) => void process.stdout.write(`${line}\n`);

if (values.help) {
  process.stdout.write(HELP);
} else {
  const [minutes, speed, seed] = [number('minutes'), number('speed'), number('seed')];
  say(`seed ${seed}, ${minutes} minutes at ${speed} times the machine's clock`);
  const stopping = new AbortController();
  // Whoever starts it may ask more than once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => stopping.abort(new Error(`ended by ${signal}`)));
  const report = await runLong({ minutes, speed, seed, data: values.data, signal: stopping.signal, say });
  for (const line of lines(report)) say(line);
  if (values.report !== undefined) {
    const document = readFileSync(values.report, 'utf8');
    const what = `${minutes} minutes at ${speed} times the machine's clock, seed ${seed}`;
    writeFileSync(values.report, replaceMarked(document, 'long', asMarkdown(what, report)));
  }
  if (!isKept(report)) process.exitCode = 1;
}
