import { readFileSync } from 'node:fs';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import type { Benchmark } from '../benchmark.ts';
import { type WrkRequest, wrk } from '../load/wrk.ts';
import { nginxBefore, type Peer } from '../peers/behind-nginx.ts';
import { figure, target } from '../report/row.ts';
import { inTurn } from '../rounds.ts';
import { median, ratios } from '../statistics.ts';
import { type CpuUse, withCpu } from '../system/cpu.ts';
import { heldTo } from '../system/cpu-share.ts';
import { customers, UNLIMITED, validations } from '../system/customers.ts';

/** Of one core, of each node: four of them leave enough of two cores to Nginx and wrk. */
const SHARE = 0.12;
const CUSTOMERS = 1_000;
const CLIENTS = 10;
const CONNECTIONS = 64;
const SECONDS = 8;
const WARM_UP_SECONDS = 4;
const AT_LEAST_TIMES = 3.6;
/** A node that is held to a tenth of a core keeps some of its callers waiting. */
const TIMEOUT_SECONDS = 10;

/** More query nodes, each with as much of a core as the others, as if each had a machine of its own. */
export const scaling: Benchmark = {
  name: 'scaling',
  summary: `validations through Nginx by one, two and four query nodes, each held to ${SHARE * 100} % of a core`,
  minutes: 6,
  async run({ rounds, sized, say, report }) {
    const stack = await launch({ args: ['--no-tour', '--query-nodes', '4'], env: UNLIMITED });
    try {
      const requests = validations(
        await customers(stack, { customers: sized(CUSTOMERS), clients: CLIENTS }, say),
      );
      const nodes = queryNodes(stack);
      await using one = await nginxBefore(nodes.slice(0, 1).map(({ port }) => port));
      await using two = await nginxBefore(nodes.slice(0, 2).map(({ port }) => port));
      await using four = await nginxBefore(nodes.map(({ port }) => port));
      // Each node knows all the licenses before it is held back.
      for (const nginx of [one, two, four]) await validating(stack, nginx, requests, sized(WARM_UP_SECONDS));
      await using held = new AsyncDisposableStack();
      for (const { pid } of nodes) held.use(heldTo(SHARE, pid));
      const by = (nginx: Peer) => () => validating(stack, nginx, requests, sized(SECONDS));
      const measured = await inTurn(rounds, { one: by(one), two: by(two), four: by(four) });
      const rates = (name: keyof typeof measured) => measured[name].map(({ rate }) => rate);
      const beside = { what: 'one', figure: figure(rates('one'), '/s') };
      for (const [name, count] of [
        ['two', 2],
        ['four', 4],
      ] as const) {
        const times = ratios(rates(name), rates('one'));
        report({
          what: `validations by ${name} query nodes`,
          figure: figure(rates(name), '/s'),
          beside,
          ratio: times,
          ...(count === 4 && {
            target: target(`at least ${AT_LEAST_TIMES} times`, median(times) >= AT_LEAST_TIMES),
          }),
          cpu: measured[name].map(({ cpu }) => cpu),
        });
      }
    } finally {
      await dispose(stack);
    }
  },
};

async function validating(
  stack: LaunchedStack,
  nginx: Peer,
  requests: readonly WrkRequest[],
  seconds: number,
): Promise<{ readonly rate: number; readonly cpu: CpuUse }> {
  const processes = new Map([...stack.processes(), ...nginx.processes]);
  const asked = await withCpu({ processes }, () =>
    wrk({ url: nginx.url, connections: CONNECTIONS, seconds, requests, timeoutSeconds: TIMEOUT_SECONDS }),
  );
  if (asked.errors > 0) throw new Error(`${asked.errors} of ${asked.operations} requests failed`);
  return asked;
}

/** The launcher gives each its port in its environment. */
function queryNodes(stack: LaunchedStack): { readonly pid: number; readonly port: number }[] {
  return [...stack.processes()]
    .filter(([name]) => name.startsWith('query-'))
    .map(([, pid]) => {
      const port = /(?:^|\0)PORT=(\d+)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1];
      return { pid, port: Number(port) };
    });
}
