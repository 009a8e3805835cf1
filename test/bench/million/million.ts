import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { newDataDirectory } from '../../support/stack.ts';
import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import { figure } from '../report/row.ts';
import { everyday } from './everyday.ts';
import { giants } from './giants.ts';
import { questions } from './questions.ts';
import { rebuilt } from './rebuilt.ts';
import { openSide, type Side } from './side.ts';
import { sizes } from './sizes.ts';

const CUSTOMERS = 1_000_000;
const FEW = 10_000;

/** Everything again with a million customers of two years, beside ten thousand in the same run. */
export const million: Benchmark = {
  name: 'million',
  summary: `everything at a million customers (--customers for another number), beside ${FEW.toLocaleString('en')} in the same run: hours where the data has to be made first`,
  minutes: 6 * 60,
  onlyByName: true,
  options: {
    customers: 'million: how many customers',
    data: 'million: the folder where their data is kept; it is made there if it is not there yet',
  },
  async run(context) {
    const { options, sized, say } = context;
    const customers = options.customers === undefined ? sized(CUSTOMERS) : Number(options.customers);
    if (!Number.isInteger(customers) || customers < 100)
      throw new Error('--customers: expected a whole number from 100 on');
    const kept = options.data === undefined ? newDataDirectory() : path.resolve(options.data);
    mkdirSync(kept, { recursive: true });
    await using large = await openSide(kept, customers, say);
    await using small = await openSide(newDataDirectory(), Math.min(FEW, customers), say);
    reportMaking(large, small, context);
    const sides = { large, small };
    const failures: unknown[] = [];
    const parts = [
      () => everyday(sides, context),
      () => questions(sides, context),
      () => giants(large, context),
      () => sizes(sides, context),
      () => rebuilt(sides, context),
    ];
    for (const part of parts) {
      // What it took an hour to make is not thrown away for one part: the others are measured nevertheless.
      await part().catch((error: Error) => {
        failures.push(error);
        context.note(`**Not measured to its end: ${error.message.split('\n')[0]}**`);
      });
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of its parts failed`);
  },
};

function reportMaking(large: Side, small: Side, { report, note }: BenchmarkContext): void {
  const rate = ({ prepared: { events, generatedSeconds } }: Side) =>
    figure([events / generatedSeconds], ' events/s');
  report({
    what: 'making the history, when it was made',
    figure: rate(large),
    beside: { what: small.name, figure: rate(small) },
  });
  const { events, erased, generatedSeconds, projectedSeconds } = large.prepared;
  note(
    `${large.name}: ${events.toLocaleString('en')} events, ${erased.toLocaleString('en')} customers erased since; made in ${Math.round(generatedSeconds)} s, and projected ${Math.round(projectedSeconds - generatedSeconds)} s later.`,
  );
}
