import { dispose, launch } from '../../support/stack.ts';
import type { Benchmark } from '../benchmark.ts';
import { type WrkResult, wrk } from '../load/wrk.ts';
import { figure, target } from '../report/row.ts';
import { figureText } from '../report/words.ts';
import { inTurn } from '../rounds.ts';
import { withCpu } from '../system/cpu.ts';
import { customers, UNLIMITED, validations } from '../system/customers.ts';

/** Clients that all ask at once, again and again. */
const CONNECTIONS = [10_000, 20_000];
/** Of one wrk: an account often has no more than 20,000 files, and an address no more than 28,000 ports to one other. */
const SHARE = 10_000;
/** Each connection's license may be asked for ten times a second. */
const LICENSES = 10_000;
const SECONDS = 10;

/** Overload costs latency, never an answer. */
export const overload: Benchmark = {
  name: 'overload',
  summary: `validations through Nginx while ${CONNECTIONS.map((n) => n.toLocaleString('en')).join(' and ')} connections ask at once`,
  minutes: 6,
  async run({ rounds, sized, say, report, note }) {
    const stack = await launch({ args: ['--no-tour', '--query-nodes', '2'], env: UNLIMITED });
    try {
      const requests = validations(
        await customers(stack, { customers: sized(LICENSES) / 10, clients: 10 }, say),
      );
      const { port } = new URL(stack.url);
      const urls = [stack.url, `http://[::1]:${port}`];
      await wrk({ url: stack.url, connections: 64, seconds: 8, requests });
      for (const connections of CONNECTIONS) {
        const threads = connections / SHARE;
        const load = (url: string) =>
          wrk({ url, connections: SHARE, seconds: sized(SECONDS), requests, timeoutSeconds: 30 });
        const all = () =>
          withCpu({ processes: stack.processes(), threads }, async () =>
            together(await Promise.all(urls.slice(0, threads).map(load))),
          );
        const { measured } = await inTurn(rounds, { measured: all });
        const of = (name: 'rate' | 'p50Ms' | 'p99Ms' | 'errors') => measured.map((each) => each[name]);
        const errors = of('errors').reduce((sum, each) => sum + each, 0);
        report({
          what: `${connections.toLocaleString('en')} connections that ask at once`,
          figure: figure(of('rate'), '/s'),
          target: target('no error', errors === 0),
          cpu: measured.map(({ cpu }) => cpu),
        });
        const [p50, p99] = [of('p50Ms'), of('p99Ms')].map((values) => figureText(figure(values, ' ms')));
        note(
          `${connections.toLocaleString('en')} connections: ${errors} errors, answered after ${p50} by the median, p99 ${p99}.`,
        );
      }
    } finally {
      await dispose(stack);
    }
  },
};

/** What several that ran at the same time measured: the slowest one's times. */
function together(shares: readonly WrkResult[]): WrkResult {
  const sum = (of: (share: WrkResult) => number) => shares.reduce((total, share) => total + of(share), 0);
  return {
    operations: sum(({ operations }) => operations),
    rate: sum(({ rate }) => rate),
    errors: sum(({ errors }) => errors),
    p50Ms: Math.max(...shares.map(({ p50Ms }) => p50Ms)),
    p99Ms: Math.max(...shares.map(({ p99Ms }) => p99Ms)),
  };
}
