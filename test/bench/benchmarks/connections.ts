import { dispose, launch } from '../../support/stack.ts';
import type { Benchmark } from '../benchmark.ts';
import { requestText } from '../load/connection.ts';
import { Connections } from '../load/connections.ts';
import { atRate } from '../load/schedule.ts';
import { wrk } from '../load/wrk.ts';
import { figure, target } from '../report/row.ts';
import { number } from '../report/words.ts';
import { median, percentile } from '../statistics.ts';
import { withCpu } from '../system/cpu.ts';
import { customers, UNLIMITED, validations } from '../system/customers.ts';

const CONNECTIONS = 10_000;
const RATES = [1_000, 3_000];
const SECONDS = 10;
const P99_BELOW_MS = 100;

/** Many programs that are connected all the time and ask now and then: each by its own clock, whatever the others wait for. */
export const connections: Benchmark = {
  name: 'connections',
  summary: `validations over ${CONNECTIONS.toLocaleString('en')} open connections through Nginx, two query nodes, open loop`,
  minutes: 5,
  async run({ rounds, sized, say, report, note }) {
    const stack = await launch({ args: ['--no-tour', '--query-nodes', '2'], env: UNLIMITED });
    try {
      const made = await customers(stack, { customers: sized(CONNECTIONS) / 10, clients: 10 }, say);
      const requests = validations(made);
      await wrk({ url: stack.url, connections: 64, seconds: 3, requests });
      using opened = await Connections.open(stack.url, sized(CONNECTIONS));
      const texts = requests.map(requestText);
      for (const rate of RATES) {
        const measured: Awaited<ReturnType<typeof measure>>[] = [];
        const measure = () => validating(stack.processes(), opened, texts, rate, sized(SECONDS));
        for (let round = 0; round < rounds; round += 1) measured.push(await measure());
        const p99 = measured.map(({ p99Ms }) => p99Ms);
        const errors = measured.reduce((sum, each) => sum + each.errors, 0);
        report({
          what: `p99 at ${rate.toLocaleString('en')}/s, of ${opened.open.toLocaleString('en')} connections`,
          figure: figure(p99, ' ms'),
          target: target(
            `no error, p99 under ${P99_BELOW_MS} ms`,
            errors === 0 && median(p99) < P99_BELOW_MS,
          ),
          cpu: measured.map(({ cpu }) => cpu),
        });
        const late = percentile(
          measured.flatMap(({ lateMs }) => lateMs),
          0.99,
        );
        const all = measured.reduce((sum, { operations }) => sum + operations, 0);
        note(
          `At ${rate.toLocaleString('en')}/s: ${errors} errors among ${all.toLocaleString('en')} requests; p50 ${number(median(measured.map(({ p50Ms }) => p50Ms)))} ms; 99 of 100 were sent at most ${number(late)} ms late, which is in the figures.`,
        );
      }
    } finally {
      await dispose(stack);
    }
  },
};

/** From the time that a request was due to its answer. */
function validating(
  processes: ReadonlyMap<string, number>,
  opened: Connections,
  requests: readonly string[],
  rate: number,
  seconds: number,
) {
  return withCpu({ processes }, async () => {
    const taken: number[] = [];
    let errors = 0;
    const { lateMs } = await atRate(rate, seconds, async (i, dueAt) => {
      try {
        const { status, body } = await opened.ask(requests[i % requests.length] as string);
        if (status !== 200 || !body.includes('"VALID"')) errors += 1;
      } catch {
        // A connection that was cut is an error of the system's, and is counted as one.
        errors += 1;
      }
      taken.push(performance.now() - dueAt);
    });
    return {
      operations: taken.length,
      p50Ms: percentile(taken, 0.5),
      p99Ms: percentile(taken, 0.99),
      errors,
      lateMs,
    };
  });
}
