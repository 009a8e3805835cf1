import { readFileSync, rmSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { freePorts } from '../../../local/ports.ts';
import { startTlsProxy, type TlsProxy } from '../../support/cluster/tls-proxy.ts';
import { Authority } from '../../support/servers/authority.ts';
import { newDataDirectory } from '../../support/stack.ts';
import { certificateFaults, GOOD_FOR_MS } from '../faults/certificates.ts';
import type { Shape } from '../faults/fault.ts';
import { type System, startSystem } from '../system.ts';
import { type TlsServers, tlsServers } from '../tls/servers.ts';
import { withTls } from '../tls/settings.ts';
import { TWICE } from './plain.ts';

/** Services reach all stores over TLS, and customers Nginx. The run and the tool go on in plain text. */
export interface TlsSystem extends System {
  readonly servers: TlsServers;
}

/** This process trusts an authority too, until what is answered is called. */
function trust(authorityFile: string): () => void {
  const before = getCACertificates();
  setDefaultCACertificates([...before, readFileSync(authorityFile, 'utf8')]);
  return () => setDefaultCACertificates(before);
}

export const tls: Shape<TlsSystem> = {
  name: 'tls',
  faults: certificateFaults,
  start: async (starting) => {
    const folder = newDataDirectory();
    const authority = new Authority(folder);
    const distrust = trust(authority.file);
    const issue = (server: string) => authority.issue(server, GOOD_FOR_MS).files;
    const files = {
      postgres: issue('postgres'),
      redis: issue('redis'),
      'event-store': issue('event-store'),
      nginx: issue('nginx'),
    };
    const [redisPort, nginxPort] = (await freePorts(2)) as [number, number];
    let starts: Promise<TlsProxy> | undefined;
    const proxyTo = async (port: number) => {
      starts ??= startTlsProxy('127.0.0.1', files['event-store'], port);
      return (await starts).port;
    };
    const settings = { authorityFile: authority.file, files, redisPort, nginxPort, proxyTo };
    const system = await startSystem({
      args: TWICE,
      ...starting,
      adjust: (spec) => withTls(spec, settings),
      furnish: () => () => {
        distrust();
        rmSync(folder, { recursive: true, force: true });
      },
    });
    const proxy = await (starts as unknown as Promise<TlsProxy>);
    const postgres = Number(new URL(system.setting('DATABASE_URL')).port);
    const ports = { postgres, redis: redisPort, 'event-store': proxy.port, nginx: nginxPort };
    const stop = async () => {
      await system.stop();
      await proxy[Symbol.asyncDispose]();
    };
    const url = `https://127.0.0.1:${nginxPort}`;
    return { ...system, url, servers: tlsServers({ system, authority, ports, proxy }), stop };
  },
};
