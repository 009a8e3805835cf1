import type { TlsProxy } from '../../support/cluster/tls-proxy.ts';
import { eventually } from '../../support/eventually.ts';
import type { Authority } from '../../support/servers/authority.ts';
import { pidOf } from '../faults/signals.ts';
import { cutConnections } from '../stores/postgres.ts';
import { withRedis } from '../stores/redis.ts';
import type { System } from '../system.ts';
import { serialAt } from './shown.ts';

/** A server that shows a certificate. */
export interface TlsServer {
  /** Has it show a new certificate to whoever connects from now on, without a restart. */
  renew(endsInMs: number): Promise<void>;
  /** Breaks the connections that it has: they are not asked for a certificate again. */
  cut(): Promise<unknown>;
}

export type TlsServerName = 'postgres' | 'redis' | 'event-store' | 'nginx';
export type TlsServers = Readonly<Record<TlsServerName, TlsServer>>;

interface Parts {
  readonly system: System;
  readonly authority: Authority;
  /** Where each of them speaks TLS. */
  readonly ports: Readonly<Record<TlsServerName, number>>;
  /** It stands before the event store, which speaks none. */
  readonly proxy: TlsProxy;
}

/** What each of them is told by, so that it reads its certificate again. */
export function tlsServers({ system, authority, ports, proxy }: Parts): TlsServers {
  const redisUrl = system.setting('REDIS_URL');
  const reload: Readonly<Record<TlsServerName, () => Promise<unknown> | unknown>> = {
    postgres: () => process.kill(pidOf(system, 'postgres'), 'SIGHUP'),
    redis: () =>
      withRedis(redisUrl, async (redis) => {
        const [, file] = (await redis.config('GET', 'tls-cert-file')) as [string, string];
        await redis.config('SET', 'tls-cert-file', file);
      }),
    'event-store': () => proxy.reload(),
    nginx: () => process.kill(pidOf(system, 'nginx'), 'SIGHUP'),
  };
  const cut: Readonly<Record<TlsServerName, () => Promise<unknown>>> = {
    postgres: () => cutConnections(system.setting('DATABASE_URL')),
    redis: () =>
      withRedis(redisUrl, async (redis) => {
        for (const type of ['normal', 'pubsub'])
          await redis.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
      }),
    'event-store': async () => proxy.cut(),
    // Which ends idle ones at once, and the others when they are answered.
    nginx: async () => process.kill(pidOf(system, 'nginx'), 'SIGHUP'),
  };
  const server = (name: TlsServerName): TlsServer => ({
    renew: async (endsInMs) => {
      const { serial } = authority.issue(name, endsInMs);
      await reload[name]();
      const shown = () => serialAt(ports[name], name === 'postgres' ? 'postgres' : 'tls');
      await eventually(`${name} shows its new certificate`, async () => (await shown()) === serial);
    },
    cut: cut[name],
  });
  return {
    postgres: server('postgres'),
    redis: server('redis'),
    'event-store': server('event-store'),
    nginx: server('nginx'),
  };
}
