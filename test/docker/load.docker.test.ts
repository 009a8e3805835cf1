import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { Licensed } from '../support/requests/api.ts';
import type { Compose } from './compose.ts';
import { type LoadReport, startLoad } from './load.ts';
import { customers, mixture, validation } from './mixed-load.ts';
import { IMAGE, SERVICES, say, startSystem } from './system.ts';

/** Of those that Nginx sends requests to. */
const PORTS: Readonly<Record<string, number>> = { 'command-service': 3001, 'query-service': 3002 };
/** Each with a customer of its own. Validations are of more licenses: each may be asked for ten times a second. */
const CONNECTIONS = 8;

let system: Compose;
let licensed: Licensed[];
beforeAll(async () => {
  system = await startSystem();
  licensed = await customers({ url: system.url, tool: (...args) => system.tool(...args) }, CONNECTIONS * 5);
});
afterAll(() => system.down());

const show = (what: string, { total, asked, failures, p99Ms, maxMs }: LoadReport) =>
  say(
    `${what}: ${total} requests (${[...asked].map(([name, count]) => `${name} ${count}`).join(', ')}), ${failures.length} failed, p99 ${p99Ms} ms, longest ${maxMs} ms`,
  );

describe('under load', () => {
  /** Runs `work` while customers go on asking; nothing of what they ask may fail. */
  async function during(
    what: string,
    next: (connection: number) => ReturnType<typeof validation>,
    work: () => Promise<void>,
    forgiven = /^$/,
  ) {
    const load = startLoad(system.url, CONNECTIONS, next);
    let report: LoadReport | undefined;
    try {
      await work();
    } finally {
      report = await load.stop();
    }
    show(what, report);
    if (report.failures.length > 0) say(await complaints());
    expect(report.failures.filter((failure) => !forgiven.test(failure))).toEqual([]);
    expect(report.total).toBeGreaterThan(100);
  }

  /** What Nginx says of requests that no node answered. */
  const complaints = async (): Promise<string> => {
    const lines = (await system.compose('logs', '--no-log-prefix', 'nginx')).split('\n');
    return lines
      .filter((line) => /"status":50\d|no live|resolve/.test(line))
      .slice(-100)
      .join('\n');
  };

  let turn = 0;
  const validating = () => {
    turn += 1;
    return validation(licensed[turn % licensed.length] as Licensed);
  };

  /** How many requests of customers a node has answered since it started. */
  const requests = async (container: string, service: string): Promise<number> => {
    const text = await system.ask(container, PORTS[service] as number, '/metrics');
    const counts = text.matchAll(/^(?:validations_total|commands_total)\{[^}]*\} (\d+)/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  /** Resolves when the query nodes have answered that many more. Answers how many each has. */
  const answered = async (more: number): Promise<number[]> => {
    const nodes = await system.containers('query-service');
    const counts = () => Promise.all(nodes.map(({ Id }) => requests(Id, 'query-service')));
    const before = await counts();
    const since = async () => (await counts()).map((count, i) => count - (before[i] as number));
    return eventually(`${more} more are answered`, async () => {
      const shares = await since();
      return shares.reduce((sum, share) => sum + share, 0) >= more && shares;
    });
  };

  it('query nodes 2 → 5 → 1: no validation fails, and all five take their share', async () => {
    await during('query nodes 2 → 5 → 1', validating, async () => {
      await system.up('query-service=5');
      const nodes = await system.containers('query-service');
      expect(nodes).toHaveLength(5);
      const shares = await answered(1_000);
      say(`validations of the five nodes: ${shares.join(', ')}`);
      for (const share of shares) expect(share).toBeGreaterThan(Math.max(...shares) / 4);
      await system.up('query-service=1');
      expect(await system.containers('query-service')).toHaveLength(1);
    });
    await system.up();
  });

  it('every service replaced, container by container: no request fails', async () => {
    const old = (await system.containers(...SERVICES)).map(({ Id }) => Id);
    await during('every service replaced', mixture(licensed), async () => {
      for (const service of SERVICES) {
        await system.run('deploy/compose/roll.sh', service);
        say(`${service} replaced`);
      }
    });
    const now = await system.containers(...SERVICES);
    expect(now).toHaveLength(old.length);
    for (const { Id, State } of now) {
      expect(old).not.toContain(Id);
      expect(State.Health?.Status).toBe('healthy');
    }
  });

  it('a whole upgrade by the book, then another number of nodes: no request fails, and the stores stay', async () => {
    const STAY = ['postgres', 'redis', 'kafka', 'event-store', 'nginx'];
    const idsOf = async (...services: readonly string[]) =>
      (await system.containers(...services)).map(({ Id }) => Id).sort();
    const [stores, services] = [await idsOf(...STAY), await idsOf(...SERVICES)];
    await during('a whole upgrade', mixture(licensed), async () => {
      await system.release(IMAGE);
      await system.run('deploy/compose/roll.sh');
      const upgraded = await idsOf(...SERVICES);
      expect(upgraded.filter((id) => services.includes(id))).toEqual([]);
      // Nothing is left that a plain `up` would replace.
      await system.up();
      expect(await idsOf(...SERVICES)).toEqual(upgraded);
      await system.up('query-service=3');
      await system.up();
    });
    expect(await idsOf(...STAY)).toEqual(stores);
    const configuration = await system.compose('exec', '-T', 'nginx', 'cat', '/run/nginx/nginx.conf');
    expect(configuration).toContain('license-test-release-');
  });

  it('every container of a service restarted, one after another: no request fails', async () => {
    await during('every container restarted', mixture(licensed), async () => {
      for (const service of SERVICES) {
        for (const { Id } of await system.containers(service)) {
          await system.restart(Id);
          // An operator looks too before they go on: health says that it can, not that Nginx has found it.
          if (PORTS[service])
            await eventually('it is asked again', async () => (await requests(Id, service)) > 0);
        }
        say(`${service} restarted`);
      }
    });
  });

  it('Nginx takes over a new configuration: no request fails', async () => {
    // Before 1.27.4 (an image made of a distribution's packages) Nginx closes the connections that clients keep.
    const version = await system.compose('exec', '--no-TTY', 'nginx', 'sh', '-c', 'nginx -v 2>&1');
    const closes = /nginx\/1\.(1\d|2[0-6])\./.test(version);
    const reload = async () => {
      for (let i = 0; i < 10; i += 1) {
        await system.compose(
          'exec',
          '--no-TTY',
          'nginx',
          'sh',
          '/configuration/nginx/container.sh',
          'reload',
        );
        await answered(20);
      }
    };
    await (closes
      ? during('Nginx reloaded ten times', validating, reload, /socket hang up|ECONNRESET/)
      : during('Nginx reloaded ten times', mixture(licensed), reload));
  });
});
