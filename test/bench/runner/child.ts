import { ProgramsMissing } from '../../../local/servers/programs.ts';
import { NotRunnable } from '../benchmark.ts';
import { BENCHMARKS } from '../benchmarks/list.ts';
import { terminal } from '../report/terminal.ts';
import type { Message, Order } from './message.ts';

const { name, rounds, quick, options } = JSON.parse(process.argv[2] as string) as Order;
const say = (line: string) => void process.stdout.write(`${line}\n`);
const tell = (message: Message) => void process.send?.(message);
const benchmark = BENCHMARKS.find((each) => each.name === name);
if (!benchmark) throw new Error(`no benchmark is called ${name}`);

try {
  await benchmark.run({
    rounds,
    sized: (wanted) => (quick ? Math.ceil(wanted / 10) : wanted),
    options,
    say,
    report: (row) => {
      say(terminal(row));
      tell({ kind: 'row', row });
    },
    note: (sentence) => {
      say(`  ${sentence}`);
      tell({ kind: 'note', sentence });
    },
  });
} catch (error) {
  const { message, stack } = error as Error;
  const runnable = !(error instanceof NotRunnable || error instanceof ProgramsMissing);
  if (runnable) process.stderr.write(`${stack}\n`);
  tell({ kind: 'failure', why: message, runnable });
  process.exitCode = 1;
}
process.disconnect?.();
