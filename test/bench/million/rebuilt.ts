import type { BenchmarkContext } from '../benchmark.ts';
import { figure, target } from '../report/row.ts';
import type { Sides } from './everyday.ts';
import type { Side } from './side.ts';

const LINEAR = 0.9;

/** All read models from the log again, beside the live ones and compared with them, at both sizes. */
export async function rebuilt({ large, small }: Sides, { report, note }: BenchmarkContext): Promise<void> {
  const ofSmall = await rebuild(small);
  const ofLarge = await rebuild(large);
  const ratio = ofLarge.rate / ofSmall.rate;
  report({
    what: 'rebuild of all read models',
    figure: figure([ofLarge.rate], ' events/s'),
    beside: { what: small.name, figure: figure([ofSmall.rate], ' events/s') },
    ratio: [ratio],
    target: target(`linear: at least ${LINEAR}`, ratio >= LINEAR),
  });
  note(`The rebuild of ${large.name}: ${ofLarge.said}`);
}

async function rebuild({ stack }: Side) {
  const { stderr } = await stack.toolOutput('rebuild', '--compare-only', '--fresh');
  const built = /Built from ([\d,]+) events in ([\d.]+) s.*/.exec(stderr);
  if (!built) throw new Error(`rebuild did not say what it built:\n${stderr}`);
  return { rate: Number((built[1] as string).replaceAll(',', '')) / Number(built[2]), said: built[0] };
}
