import { parseArgs } from 'node:util';
import { runChaos } from './run.ts';

const HELP = `Usage: npm run test:faults -- [options]

Starts the whole system, lets customers, an operator and their programs work on it, kills and freezes what it is made of,
and judges by a checker of histories whether a promise was broken.

Options:
  --faults N   how many faults (default 40)
  --seed N     the same seed gives the same faults in the same order (default: from the clock)
  --help       show this
`;

/** One broken promise is usually one cause. */
const MOST_DETAILS = 10;

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '40' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});

const number = (name: 'faults' | 'seed'): number => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 0) return value;
  process.stderr.write(`--${name} takes a whole number, not "${values[name]}"\n`);
  process.exit(2);
};

if (values.help) {
  process.stdout.write(HELP);
} else {
  const [faults, seed] = [number('faults'), number('seed')];
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  say(`seed ${seed}`);
  const { violations, commands, validations } = await runChaos({ seed, faults, say });
  say(`${faults} faults, ${commands} commands, ${validations} validations`);
  for (const [promise, all] of Map.groupBy(violations, (violation) => violation.promise)) {
    say(`BROKEN  ${promise} (${all.length})`);
    for (const { detail } of all.slice(0, MOST_DETAILS)) say(`        ${detail}`);
  }
  say(violations.length === 0 ? 'every promise was kept' : `${violations.length} violations`);
  if (violations.length > 0) process.exitCode = 1;
}
