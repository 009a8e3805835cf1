import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { LOOPBACK } from '../ports.ts';
import type { ProcessSpec } from '../processes/process.ts';
import { type Account, serverDirectory } from './account.ts';

export interface NginxOptions {
  readonly program: string;
  readonly directory: string;
  /** Addresses to listen on; those of both families' loopback unless given. */
  readonly addresses?: readonly string[];
  readonly port: number;
  readonly account: Account | undefined;
  readonly logFile: string;
  readonly accessLog: string;
  readonly commandPorts: readonly number[];
  readonly queryPorts: readonly number[];
  readonly signUpsPerMinute: number;
  readonly logInsPerMinute: number;
  /** Addresses and networks of the load balancers in front, whose word on who asks is taken. */
  readonly loadBalancers?: readonly string[];
  /**
   * They say it by the PROXY protocol, and every connection to `port` begins with it. A port of this machine alone, to which
   * whoever is here speaks plainly.
   */
  readonly plainPort?: number | undefined;
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
    // By `reuseport` a new one listens beside the workers of one that was killed, which go on answering.
    overlaps: true,
    logFile: options.logFile,
  };
}

/** How many clients may be connected at once, whatever a worker's limit of files is: each takes two. */
const CLIENTS = 25_000;

const listening = ({ addresses = LOOPBACK, port, plainPort }: NginxOptions): string => {
  const how = `${plainPort === undefined ? '' : 'proxy_protocol '}reuseport backlog=16384`;
  return [
    ...addresses.map((address) => `listen ${isIPv6(address) ? `[${address}]` : address}:${port} ${how};`),
    ...(plainPort === undefined ? [] : [`listen 127.0.0.1:${plainPort} reuseport;`]),
  ].join('\n    ');
};

function variables(options: NginxOptions, directory: string): Record<string, string> {
  const servers = (ports: readonly number[]) =>
    ports.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join('\n    ');
  const { account } = options;
  const files = Math.min(65_536, hardFileLimit());
  return {
    NGINX_USER_DIRECTIVE: account ? `user ${account.name};` : '',
    NGINX_RUN_DIR: directory,
    NGINX_WORKERS: String(Math.max(availableParallelism(), Math.ceil((2 * CLIENTS) / files))),
    NGINX_MAX_FILES: String(files),
    NGINX_ACCESS_LOG: options.accessLog,
    NGINX_LISTEN: listening(options),
    NGINX_PLAIN_SERVER: '',
    NGINX_REAL_IP: [
      ...(options.loadBalancers ?? []).map((address) => `set_real_ip_from ${address};`),
      ...(options.loadBalancers?.length
        ? [`real_ip_header ${options.plainPort === undefined ? 'X-Forwarded-For' : 'proxy_protocol'};`]
        : []),
    ].join('\n  '),
    HSTS: '',
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
