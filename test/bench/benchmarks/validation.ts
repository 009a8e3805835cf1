import { dispose, launch } from '../../support/stack.ts';
import type { Benchmark } from '../benchmark.ts';
import { wrk } from '../load/wrk.ts';
import { behindNginx } from '../peers/behind-nginx.ts';
import { startPlain } from '../peers/plain-design.ts';
import { figure, target } from '../report/row.ts';
import { cpuText } from '../report/words.ts';
import { inTurn } from '../rounds.ts';
import { median, ratios } from '../statistics.ts';
import { withCpu } from '../system/cpu.ts';
import { customers, UNLIMITED, validations } from '../system/customers.ts';

const CUSTOMERS = 1_000;
const CLIENTS = 10;
const CONNECTIONS = 64;
const SECONDS = 8;
const WARM_UP_SECONDS = 4;

const AT_LEAST_OF_BARE = 0.85;
const AT_LEAST_OF_PLAIN = 5;
const P99_BELOW_MS = 10;

/** Warm validations through Nginx, beside a server that does nothing and beside the plain design, each behind Nginx likewise. */
export const validation: Benchmark = {
  name: 'validation',
  summary: `validations through Nginx, one query node, warm, ${(CUSTOMERS * CLIENTS).toLocaleString('en')} keys, ${CONNECTIONS} connections`,
  minutes: 6,
  async run({ rounds, sized, say, report, note }) {
    const stack = await launch({ args: ['--no-tour', '--query-nodes', '1'], env: UNLIMITED });
    try {
      const requests = validations(
        await customers(stack, { customers: sized(CUSTOMERS), clients: CLIENTS }, say),
      );
      await using bare = await behindNginx('bare');
      await using plain = await startPlain(stack, requests);
      const ask = (url: string, processes: ReadonlyMap<string, number>, seconds = sized(SECONDS)) =>
        withCpu({ processes }, async () => {
          const asked = await wrk({ url, connections: CONNECTIONS, seconds, requests });
          if (asked.errors > 0)
            throw new Error(`${asked.errors} of ${asked.operations} requests to ${url} failed`);
          return asked;
        });
      const measures = {
        bare: () => ask(bare.url, bare.processes),
        ours: () => ask(stack.url, stack.processes()),
        plain: () => ask(plain.url, plain.processes),
      };
      await ask(stack.url, stack.processes(), WARM_UP_SECONDS);
      await ask(plain.url, plain.processes, WARM_UP_SECONDS);
      const measured = await inTurn(rounds, measures);
      const rates = (name: keyof typeof measures) => measured[name].map(({ rate }) => rate);
      const cpu = (name: keyof typeof measures) => measured[name].map((each) => each.cpu);
      const p99 = measured.ours.map(({ p99Ms }) => p99Ms);
      const ofBare = ratios(rates('ours'), rates('bare'));
      const ofPlain = ratios(rates('ours'), rates('plain'));
      report({
        what: 'validations',
        figure: figure(rates('ours'), '/s'),
        beside: { what: 'a bare `node:http` server', figure: figure(rates('bare'), '/s') },
        ratio: ofBare,
        target: target(`at least ${AT_LEAST_OF_BARE}`, median(ofBare) >= AT_LEAST_OF_BARE),
        cpu: cpu('ours'),
      });
      report({
        what: 'validations, against the plain design',
        figure: figure(rates('ours'), '/s'),
        beside: { what: 'Express, jwtVerify and a Redis GET', figure: figure(rates('plain'), '/s') },
        ratio: ofPlain,
        target: target(`at least ${AT_LEAST_OF_PLAIN}`, median(ofPlain) >= AT_LEAST_OF_PLAIN),
      });
      report({
        what: 'time to an answer, p99',
        figure: figure(p99, ' ms'),
        target: target(`under ${P99_BELOW_MS} ms`, median(p99) < P99_BELOW_MS),
      });
      note(`CPU time of one, bare server: ${cpuText(cpu('bare'))}.`);
      note(`CPU time of one, plain design: ${cpuText(cpu('plain'))}.`);
    } finally {
      await dispose(stack);
    }
  },
};
