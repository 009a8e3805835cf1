import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { findPrograms, ProgramsMissing } from '../../local/servers/programs.ts';
import { activations } from './activations.ts';
import type { Benchmark } from './benchmark.ts';
import { history } from './history/history.ts';
import { lag } from './lag.ts';
import { overload } from './overload.ts';
import { rebuild } from './rebuild.ts';
import { validation } from './validation.ts';

const BENCHMARKS: readonly Benchmark[] = [validation, overload, activations, lag, rebuild, history];

const HELP = `Usage: npm run bench -- [options] [name …]

Measures the running system, each figure beside a limit that is measured in the same run. Nothing else should be busy on
the machine. docs/benchmarks.md has the latest figures.

${BENCHMARKS.map(({ name, summary }) => `  ${name.padEnd(14)} ${summary}`).join('\n')}

Options:
  --rounds N   measure each pair N times and print medians (default 3)
  --help       show this
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, help: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));

if (values.help) {
  process.stdout.write(HELP);
} else if (unknown.length > 0 || !/^[1-9]\d?$/.test(values.rounds)) {
  process.stderr.write(
    unknown.length > 0 ? `no benchmark is called ${unknown.join(', ')}\n` : '--rounds: expected 1 to 99\n',
  );
  process.exitCode = 2;
} else {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  say(`${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, everything on this machine`);
  try {
    // Before minutes of measuring, not in their midst.
    findPrograms(['wrk'], say);
    for (const benchmark of BENCHMARKS) {
      if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
      say(`\n${benchmark.name}: ${benchmark.summary}`);
      await benchmark.run({ rounds: Number(values.rounds), say });
    }
  } catch (error) {
    if (!(error instanceof ProgramsMissing)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
