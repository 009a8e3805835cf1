import { dispose, launch } from '../../support/stack.ts';
import { type Benchmark, perSecond } from '../benchmark.ts';
import { wrk } from '../load/wrk.ts';
import { customers, UNLIMITED, validations } from '../system/customers.ts';

/** Clients that all ask at once, again and again. */
const CONNECTIONS = [10_000, 20_000];
/** Of one wrk: an account often has no more than 20,000 files, and an address no more than 28,000 ports to one other. */
const SHARE = 10_000;
/** Each connection's license may be asked for ten times a second. */
const LICENSES = 10_000;

/** Overload costs latency, never an answer. */
export const overload: Benchmark = {
  name: 'overload',
  summary: `validations through Nginx while ${CONNECTIONS.map((n) => n.toLocaleString('en')).join(' and ')} connections ask at once`,
  minutes: 8,
  async run({ rounds, sized, say }) {
    const stack = await launch({ args: ['--no-tour', '--query-nodes', '2'], env: UNLIMITED });
    try {
      const requests = validations(
        await customers(stack, { customers: sized(LICENSES) / 10, clients: 10 }, say),
      );
      const { port } = new URL(stack.url);
      const urls = [stack.url, `http://[::1]:${port}`];
      await wrk({ url: stack.url, connections: 64, seconds: 8, requests });
      for (const connections of CONNECTIONS) {
        for (let round = 0; round < rounds; round += 1) {
          const shares = await Promise.all(
            urls
              .slice(0, connections / SHARE)
              .map((url) => wrk({ url, connections: SHARE, seconds: 15, requests, timeoutSeconds: 30 })),
          );
          const sum = (of: (share: (typeof shares)[number]) => number) =>
            shares.reduce((total, share) => total + of(share), 0);
          say(
            `  ${connections.toLocaleString('en')} connections: ${perSecond(sum(({ rate }) => rate))}, p50 ${Math.max(...shares.map(({ p50Ms }) => p50Ms)).toFixed(0)} ms, p99 ${Math.max(...shares.map(({ p99Ms }) => p99Ms)).toFixed(0)} ms, ${sum(({ errors }) => errors)} errors`,
          );
        }
      }
    } finally {
      await dispose(stack);
    }
  },
};
