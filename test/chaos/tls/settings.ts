import { readFileSync, writeFileSync } from 'node:fs';
import type { ProcessSpec } from '../../../local/processes/process.ts';
import type { CertificateFiles } from '../../support/servers/authority.ts';
import { olderNginx } from './nginx.ts';
import type { TlsServerName } from './servers.ts';

export interface TlsSettings {
  readonly authorityFile: string;
  readonly files: Readonly<Record<TlsServerName, CertificateFiles>>;
  readonly redisPort: number;
  readonly nginxPort: number;
  /** Stands before the event store at a port, and answers its own. */
  readonly proxyTo: (eventStorePort: number) => Promise<number>;
}

/** A server takes TLS as well, and a service reaches all of them by it alone. */
export async function withTls(spec: ProcessSpec, settings: TlsSettings): Promise<ProcessSpec> {
  switch (spec.name) {
    case 'postgres':
      return { ...spec, args: [...spec.args, ...postgresArgs(settings)] };
    case 'redis':
      return { ...spec, args: [...spec.args, ...redisArgs(settings)] };
    case 'nginx':
      listenTo(spec, settings);
      return spec;
    default:
      return { ...spec, env: await addresses(spec, settings) };
  }
}

function postgresArgs({ files: { postgres } }: TlsSettings): string[] {
  const files = [`ssl_cert_file=${postgres.certificateFile}`, `ssl_key_file=${postgres.keyFile}`];
  return ['ssl=on', ...files].flatMap((setting) => ['-c', setting]);
}

function redisArgs({ files: { redis }, redisPort, authorityFile }: TlsSettings): string[] {
  const shown = ['--tls-cert-file', redis.certificateFile, '--tls-key-file', redis.keyFile];
  const trusted = ['--tls-ca-cert-file', authorityFile, '--tls-auth-clients', 'no'];
  return ['--tls-port', String(redisPort), ...shown, ...trusted];
}

/** Its configuration is written once, for plain text, and read again at each of its starts. */
function listenTo({ args }: ProcessSpec, { files: { nginx }, nginxPort }: TlsSettings): void {
  const file = args[args.indexOf('-c') + 1] as string;
  const text = readFileSync(file, 'utf8');
  if (text.includes(nginx.certificateFile)) return;
  const tls = [
    `listen 127.0.0.1:${nginxPort} ssl reuseport;`,
    `ssl_certificate ${nginx.certificateFile};`,
    `ssl_certificate_key ${nginx.keyFile};`,
    // As in the container. Older ones don't know it.
    ...(olderNginx() === undefined ? ['keepalive_min_timeout 10s;'] : []),
  ];
  writeFileSync(
    file,
    text.replace(/^\s*listen .*;$/m, (line) => [line, ...tls].join('\n    ')),
  );
}

async function addresses(spec: ProcessSpec, settings: TlsSettings): Promise<Record<string, string>> {
  const { authorityFile, redisPort, proxyTo } = settings;
  const env: Record<string, string> = { ...spec.env, NODE_EXTRA_CA_CERTS: authorityFile };
  for (const setting of ['DATABASE_URL', 'EVENT_STORE_DATABASE_URL']) {
    if (env[setting] === undefined) continue;
    const url = new URL(env[setting]);
    url.searchParams.set('sslmode', 'verify-full');
    url.searchParams.set('sslrootcert', authorityFile);
    env[setting] = url.href;
  }
  if (env.REDIS_URL !== undefined) env.REDIS_URL = `rediss://127.0.0.1:${redisPort}`;
  // The event store is the one process that the others find there.
  if (env.EVENTSTORE_URL !== undefined && spec.name !== 'event-store') {
    const port = await proxyTo(Number(new URL(env.EVENTSTORE_URL).port));
    env.EVENTSTORE_URL = `esdb://127.0.0.1:${port}?tlsCAFile=${authorityFile}`;
  }
  return env;
}
