import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ProcessSpec } from '../processes.ts';
import { type Account, serverDirectory } from './account.ts';

export interface NginxOptions {
  readonly program: string;
  readonly directory: string;
  readonly port: number;
  readonly account: Account | undefined;
  readonly logFile: string;
  readonly accessLog: string;
  readonly commandPorts: readonly number[];
  readonly queryPorts: readonly number[];
  readonly signUpsPerMinute: number;
  readonly logInsPerMinute: number;
  /** Serve TLS with this certificate. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

const template = path.resolve(import.meta.dirname, '../../deploy/nginx/nginx.conf.template');

/** Writes the configuration and has Nginx check it. @throws Error Nginx refuses it, with its words */
export function prepareNginx(options: NginxOptions): ProcessSpec {
  const directory = serverDirectory(options.directory, options.account);
  const configuration = path.join(directory, 'nginx.conf');
  writeFileSync(configuration, render(readFileSync(template, 'utf8'), variables(options, directory)));
  const args = ['-p', directory, '-c', configuration, '-e', 'stderr'];
  const check = spawnSync(options.program, ['-t', '-q', ...args], { encoding: 'utf8' });
  if (check.status !== 0) throw new Error(`nginx: ${check.error?.message ?? check.stderr.trim()}`);
  return {
    name: 'nginx',
    command: options.program,
    args: [...args, '-g', 'daemon off;'],
    // Finishes the requests it has.
    stopSignal: 'SIGQUIT',
    logFile: options.logFile,
  };
}

function variables(options: NginxOptions, directory: string): Record<string, string> {
  const servers = (ports: readonly number[]) =>
    ports.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join('\n    ');
  const { tls, account } = options;
  return {
    NGINX_USER_DIRECTIVE: account ? `user ${account.name};` : '',
    NGINX_RUN_DIR: directory,
    NGINX_MAX_FILES: String(Math.min(65_536, hardFileLimit())),
    NGINX_ACCESS_LOG: options.accessLog,
    NGINX_LISTEN: tls
      ? `listen ${options.port} ssl reuseport backlog=16384;\n    ssl_certificate ${tls.certificate};\n    ssl_certificate_key ${tls.key};\n    ssl_protocols TLSv1.2 TLSv1.3;`
      : `listen ${options.port} reuseport backlog=16384;`,
    NGINX_PLAIN_SERVER: '',
    // The nodes are listed: this launcher knows them.
    NGINX_DISCOVERY: '',
    COMMAND_SERVERS: servers(options.commandPorts),
    QUERY_SERVERS: servers(options.queryPorts),
    COMMAND_NODES: 'commands',
    QUERY_NODES: 'queries',
    SIGNUPS_PER_MINUTE: String(options.signUpsPerMinute),
    LOGINS_PER_MINUTE: String(options.logInsPerMinute),
  };
}

/** How many files a process may have open; asking for more would only be refused. */
function hardFileLimit(): number {
  const limit = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout.trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

/** What envsubst does, but strict: an unknown name is an error and not an empty text. */
function render(text: string, values: Readonly<Record<string, string>>): string {
  return text
    .split('\n')
    .map((line) =>
      line.startsWith('#')
        ? line
        : line.replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => lookUp(values, name)),
    )
    .join('\n');
}

function lookUp(values: Readonly<Record<string, string>>, name: string): string {
  const value = values[name];
  if (value === undefined) throw new Error(`nginx.conf.template names ${name}, which has no value`);
  return value;
}
