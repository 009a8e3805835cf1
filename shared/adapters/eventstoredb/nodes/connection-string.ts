import { readFileSync } from 'node:fs';
import { ConfigError } from '../../../config.ts';
import type { Endpoint } from './endpoint.ts';

/** Which node of a cluster subscriptions follow. Everything else asks the leader. */
export type NodePreference = 'leader' | 'follower' | 'readonlyreplica' | 'random';

export interface ConnectionSettings {
  /** With one seed and no discovery, the node itself; else whom to ask for the members of the cluster. */
  readonly seeds: readonly Endpoint[];
  /** The seed's name is looked up, and each of its addresses asked. */
  readonly discover: boolean;
  /** PEM; undefined without TLS. */
  readonly tls: TlsSettings | undefined;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  readonly preference: NodePreference;
  readonly connectionName: string | undefined;
  /** In milliseconds; -1 for none. */
  readonly keepAliveInterval: number;
  readonly keepAliveTimeout: number;
}

export interface TlsSettings {
  readonly ca?: Buffer;
  readonly key?: Buffer;
  readonly cert?: Buffer;
}

const FORM =
  /^esdb(?<discover>\+discover)?:\/\/(?:(?<user>[^@/?]+)@)?(?<hosts>[^@/?]+)\/?(?:\?(?<options>.*))?$/;
const HOST = /^(?:\[(?<ipv6>[0-9a-f:.]+)\]|(?<name>[^:[\]]+))(?::(?<port>\d+))?$/i;
const DEFAULT_PORT = 2113;
const PREFERENCES: readonly NodePreference[] = ['leader', 'follower', 'readonlyreplica', 'random'];
const OPTIONS = [
  'tls',
  'tlscafile',
  'tlsverifycert',
  'usercertfile',
  'userkeyfile',
  'nodepreference',
  'connectionname',
  'keepaliveinterval',
  'keepalivetimeout',
  // Taken, so that a string of the official client serves here too; the deadlines here come with each call.
  'defaultdeadline',
  'discoveryinterval',
  'gossiptimeout',
  'maxdiscoverattempts',
  'throwonappendfailure',
];

/**
 * Reads `esdb://[user:password@]host[:port][,host…][?option=value&…]`, or `esdb+discover://…`. The official client's
 * parser was rejected: it takes no IPv6 address, and its messages show the password.
 * @throws ConfigError says what is wrong, and never shows the password
 */
export function readConnectionString(text: string): ConnectionSettings {
  const groups = FORM.exec(text.trim())?.groups;
  if (!groups) return refuse('expected esdb://host:port?tls=true, or esdb+discover://name:port');
  const options = readOptions(groups.options ?? '');
  if (options.get('tlsverifycert') === 'false') {
    refuse('tlsVerifyCert=false is not supported: name the certificate authority with tlsCAFile');
  }
  const seeds = (groups.hosts as string).split(',').map(toEndpoint);
  const discover = groups.discover !== undefined;
  if (discover && seeds.length > 1) refuse('esdb+discover:// takes one name');
  return {
    seeds,
    discover,
    tls: options.get('tls') === 'false' ? undefined : tlsOf(options),
    credentials: toCredentials(groups.user),
    preference: preferenceOf(options.get('nodepreference')),
    connectionName: options.get('connectionname'),
    keepAliveInterval: millisecondsOf(options, 'keepaliveinterval'),
    keepAliveTimeout: millisecondsOf(options, 'keepalivetimeout'),
  };
}

const refuse = (problem: string): never => {
  throw new ConfigError([`EVENTSTORE_URL: ${problem}`]);
};

/** By name in lower case without `-` and `_`, as the official client takes them. */
function readOptions(query: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const pair of query.split('&').filter((text) => text !== '')) {
    const [name = '', ...value] = pair.split('=');
    const key = name.toLowerCase().replace(/[-_]/g, '');
    if (!OPTIONS.includes(key)) refuse(`${name} is not an option of a connection string`);
    options.set(key, decode(value.join('=')));
  }
  return options;
}

function toEndpoint(host: string): Endpoint {
  const groups = HOST.exec(host.trim())?.groups;
  if (!groups) return refuse(`"${host}" is not host:port (an IPv6 address stands in brackets)`);
  const port = Number(groups.port ?? DEFAULT_PORT);
  if (port < 1 || port > 65_535) refuse(`${port} is not a port`);
  return { address: (groups.ipv6 ?? groups.name) as string, port };
}

function toCredentials(user: string | undefined): ConnectionSettings['credentials'] {
  if (user === undefined) return undefined;
  const at = user.indexOf(':');
  if (at < 1) return refuse('expected user:password before the @');
  return { username: decode(user.slice(0, at)), password: decode(user.slice(at + 1)) };
}

function preferenceOf(text = 'leader'): NodePreference {
  const name = text.toLowerCase().replace(/[-_]/g, '');
  const preference = PREFERENCES.find((known) => known === name);
  return preference ?? refuse(`nodePreference: expected one of ${PREFERENCES.join(', ')}`);
}

function tlsOf(options: ReadonlyMap<string, string>): TlsSettings {
  const read = (name: string) => {
    const file = options.get(name);
    if (file === undefined) return undefined;
    try {
      return readFileSync(file);
    } catch (error) {
      return refuse(`${file} can't be read (${String(error)})`);
    }
  };
  const [ca, key, cert] = ['tlscafile', 'userkeyfile', 'usercertfile'].map(read);
  if (!key !== !cert) refuse('userCertFile and userKeyFile are set together, or not at all');
  return { ...(ca && { ca }), ...(key && { key }), ...(cert && { cert }) };
}

function millisecondsOf(options: ReadonlyMap<string, string>, name: string): number {
  const value = Number(options.get(name) ?? 10_000);
  return Number.isInteger(value) && value >= -1 ? value : refuse(`${name}: expected milliseconds, or -1`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('a value is not percent-encoded as it should be');
  }
}
