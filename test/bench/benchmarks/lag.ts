import { dispose, launch } from '../../support/stack.ts';
import type { Benchmark } from '../benchmark.ts';
import { changing } from '../load/changes.ts';
import { figure, target } from '../report/row.ts';
import { number } from '../report/words.ts';
import { median, percentile } from '../statistics.ts';
import { UNLIMITED } from '../system/customers.ts';

const RATES = [50, 300, 500];
const SECONDS = 10;
const WARM_UP = { rate: 300, seconds: 3 };
/** At which the target is set. */
const TARGET_RATE = 500;
const P99_BELOW_MS = 50;

/** From a command's answer to the first validation that shows its effect, for clients that ask again and again. */
export const lag: Benchmark = {
  name: 'lag',
  summary:
    'from the answer to a suspension or reinstatement to the first validation that shows it, two query nodes, open loop',
  minutes: 6,
  async run({ rounds, sized, say, report, note }) {
    const stack = await launch({ args: ['--no-tour', '--query-nodes', '2'], env: UNLIMITED });
    try {
      using changes = await changing(stack, sized(1_000), say);
      await changes.at(WARM_UP.rate, WARM_UP.seconds);
      for (const rate of RATES) {
        const measured: Awaited<ReturnType<typeof changes.at>>[] = [];
        for (let round = 0; round < rounds; round += 1) measured.push(await changes.at(rate, SECONDS));
        const p99 = measured.map(({ lags }) => percentile(lags, 0.99));
        const got = median(measured.map(({ operations, seconds }) => operations / seconds));
        report({
          what: `p99 at ${rate} commands/s`,
          figure: figure(p99, ' ms'),
          ...(rate === TARGET_RATE && {
            target: target(`under ${P99_BELOW_MS} ms`, median(p99) < P99_BELOW_MS),
          }),
          cpu: measured.map(({ cpu }) => cpu),
        });
        report({
          what: `p50 at ${rate} commands/s`,
          figure: figure(
            measured.map(({ lags }) => percentile(lags, 0.5)),
            ' ms',
          ),
        });
        const late = percentile(
          measured.flatMap(({ lateMs }) => lateMs),
          0.99,
        );
        note(
          `At ${rate} commands/s: ${number(got)}/s were answered, with ${number(median(measured.map(({ asked }) => asked)))} validations for each to see its effect; 99 of 100 commands were sent at most ${number(late)} ms late.`,
        );
      }
    } finally {
      await dispose(stack);
    }
  },
};
