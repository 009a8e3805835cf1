import { isIP } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { KafkaSource } from './broker.ts';
import { type LauncherConfig, readKafkaSource, readLauncherConfig } from './config.ts';
import { EVERYWHERE, LOOPBACK } from './ports.ts';

export interface Options {
  /** Addresses that Nginx listens on. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly queryNodes: number;
  readonly commandNodes: number;
  /** One is active, the others stand by. */
  readonly projectors: number;
  readonly data: string;
  /** What is shown once everything runs; after a day the system is stopped again. */
  readonly show: 'tour' | 'day' | 'nothing';
  /** The products and plans that are sold; undefined for the ones of this repository. */
  readonly catalogue: string | undefined;
  /** Make new key rings where those that the data was made with are lost. */
  readonly replaceKeys: boolean;
  /** Connection string of an event store that is there; undefined for the local one. */
  readonly eventStore: string | undefined;
  /** Where Kafka comes from; undefined to do without it. */
  readonly kafka: KafkaSource | undefined;
  readonly limits: LauncherConfig;
}

export const HELP = `Usage: npm start -- [options]

Starts the whole system on this machine: PostgreSQL, Redis, the event store, the services and Nginx.
Shows it with a short tour, and stays up until Ctrl-C.

Options:
  --port PORT          where Nginx listens (default 8080)
  --host ADDRESS       who may connect: an address of this machine, or "all" for all of its addresses (default: this
                       machine alone, over IPv4 and IPv6)
  --query-nodes N      query servers behind Nginx (default 2, at most 16)
  --command-nodes N    command servers behind Nginx (default 1, at most 16)
  --projectors N       projectors: one is active, the others stand by (default 1, at most 4)
  --data DIR           where data and logs are kept (default .local in this folder)
  --catalogue FILE     the products and plans that are sold (default: those of this repository)
  --kafka              add a Kafka broker, and the relay that writes every event to its topic license-events. The broker
                       needs Java 17 and Maven, the first time; KAFKA_BROKERS in the environment (host:port) uses one
                       that is there
  --event-store URL    an EventStoreDB that is there (esdb://…) instead of the local event store. Its log must be of this data
  --no-tour            start without the tour
  --day                instead of the tour, play a day of a seller of two products, with data of its own in .local/day,
                       and stop
  --replace-keys       make new signing keys where the ones of this data are lost; every activation key is then invalid
  --help               show this
`;

/** The command line can't be understood. The message is for the user. */
export class UsageError extends Error {
  readonly code = 'usage';
}

/** undefined where help was asked for. @throws UsageError, ConfigError */
export function readOptions(
  args: readonly string[],
  env: Record<string, string | undefined>,
  root: string,
): Options | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  return {
    addresses: addresses(values.host),
    port: wholeNumber('--port', values.port, 1, 65_535),
    queryNodes: wholeNumber('--query-nodes', values['query-nodes'], 1, 16),
    commandNodes: wholeNumber('--command-nodes', values['command-nodes'], 1, 16),
    projectors: wholeNumber('--projectors', values.projectors, 1, 4),
    data: path.resolve(values.data ?? path.join(root, '.local', ...(values.day ? ['day'] : []))),
    show: values.day ? 'day' : values.tour ? 'tour' : 'nothing',
    catalogue: catalogueOf(values, root),
    replaceKeys: values['replace-keys'],
    eventStore: eventStore(values['event-store']),
    kafka: values.kafka ? readKafkaSource(env) : undefined,
    limits: readLauncherConfig(env),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        host: { type: 'string' },
        port: { type: 'string', default: '8080' },
        'query-nodes': { type: 'string', default: '2' },
        'command-nodes': { type: 'string', default: '1' },
        projectors: { type: 'string', default: '1' },
        data: { type: 'string' },
        kafka: { type: 'boolean', default: false },
        'event-store': { type: 'string' },
        tour: { type: 'boolean', default: true },
        day: { type: 'boolean', default: false },
        catalogue: { type: 'string' },
        'replace-keys': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message}\nSee npm start -- --help.`, { cause });
  }
}

/** The day sells what its scenes name. */
function catalogueOf(
  given: { readonly day: boolean; readonly catalogue?: string | undefined },
  root: string,
) {
  if (given.day && given.catalogue !== undefined)
    throw new UsageError('--day has a catalogue of its own: leave --catalogue out.');
  if (given.day) return path.join(root, 'local/day/catalogue.json');
  return given.catalogue === undefined ? undefined : path.resolve(given.catalogue);
}

function wholeNumber(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
    throw new UsageError(`${name}: expected a whole number from ${minimum} to ${maximum}, got "${text}"`);
  }
  return value;
}

function eventStore(url: string | undefined): string | undefined {
  if (url === undefined || /^esdb(\+discover)?:\/\//.test(url)) return url;
  throw new UsageError(`--event-store: expected a connection string, esdb://…, got "${url}"`);
}

function addresses(host: string | undefined): readonly string[] {
  if (host === undefined || host === 'localhost') return LOOPBACK;
  if (host === 'all' || host === '::') return EVERYWHERE;
  if (isIP(host) === 0) throw new UsageError(`--host: expected an IP address, or "all", got "${host}"`);
  return [host];
}
