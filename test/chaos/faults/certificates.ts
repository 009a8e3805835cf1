import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DAY_MS } from '../../../shared/calendar.ts';
import { eventually } from '../../support/eventually.ts';
import type { TlsSystem } from '../shapes/tls.ts';
import { olderNginx } from '../tls/nginx.ts';
import type { TlsServerName } from '../tls/servers.ts';
import type { Fault } from './fault.ts';
import { aWhile } from './stores.ts';

export const GOOD_FOR_MS = DAY_MS;
/** Long enough that it is shown, and taken, before it ends. */
const ENDS_IN_MS = 2_000;

const group = 'certificates';

/** Who connects to it, of each kind one: their logs have to name what is wrong. */
const CLIENTS: Readonly<Record<Exclude<TlsServerName, 'nginx'>, readonly string[]>> = {
  postgres: ['command-1', 'query-1', 'projector', 'notifier', 'event-store'],
  redis: ['command-1', 'query-1', 'projector'],
  'event-store': ['command-1', 'projector', 'notifier'],
};

/** Nobody notices as long as their connections last; from then on nobody connects, until there is a new one. */
const expired = (server: keyof typeof CLIENTS): Fault<TlsSystem> => ({
  name: `let the certificate of ${server} expire, then renew it`,
  group,
  promised: 'all',
  left: server === 'postgres' ? 'caches' : 'database',
  inflict: async (system, random) => {
    const logs = CLIENTS[server].map((name) => logOf(system, name));
    const before = system.processes();
    await system.servers[server].renew(ENDS_IN_MS);
    await delay(ENDS_IN_MS);
    await system.servers[server].cut();
    await Promise.all([
      aWhile(random),
      ...logs.map(({ name, saysNow }) =>
        eventually(`the log of ${name} names the certificate`, () =>
          /certificate has expired/.test(saysNow()),
        ),
      ),
    ]).finally(() => system.servers[server].renew(GOOD_FOR_MS));
    const restarted = [...before].filter(([name, pid]) => system.processes().get(name) !== pid);
    if (restarted.length > 0) throw new Error(`ended: ${restarted.map(([name]) => name).join(', ')}`);
  },
});

/** What a process has written to its log since. */
function logOf(system: TlsSystem, name: string): { readonly name: string; readonly saysNow: () => string } {
  const file = path.join(system.data, 'logs', `${name}.log`);
  const { size } = statSync(file);
  return { name, saysNow: () => readFileSync(file).subarray(size).toString() };
}

export const certificateFaults: readonly Fault<TlsSystem>[] = [
  expired('postgres'),
  expired('redis'),
  expired('event-store'),
  {
    name: 'renew the certificate of nginx',
    group,
    promised: 'all',
    needs: olderNginx(),
    inflict: async (system, random) => {
      await system.servers.nginx.renew(GOOD_FOR_MS);
      await aWhile(random);
    },
  },
  {
    // Customers' programs refuse it: nobody is asked.
    name: 'let the certificate of nginx expire, then renew it',
    group,
    promised: 'nothing',
    inflict: async (system, random) => {
      await system.servers.nginx.renew(ENDS_IN_MS);
      await delay(ENDS_IN_MS);
      await system.servers.nginx.cut();
      await aWhile(random).finally(() => system.servers.nginx.renew(GOOD_FOR_MS));
    },
  },
  {
    name: 'let the certificate of kafka expire, then renew it',
    group,
    promised: 'all',
    needs: 'a broker that serves TLS; the one of npm start does not',
    inflict: () => Promise.reject(new Error('there is no broker here')),
  },
];
