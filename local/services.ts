import path from 'node:path';
import { LATEST_SCHEMA_LEVEL } from '../shared/events/schemas/catalogue.ts';
import type { KafkaSettings } from './broker.ts';
import type { ProcessSpec } from './processes/process.ts';

/** Where everything is that the services connect to. */
export interface Backends {
  readonly databaseUrl: string;
  readonly eventStoreDatabaseUrl: string;
  readonly redisUrl: string;
  readonly eventStoreUrl: string;
  /** Of the local event store; undefined where another is used. */
  readonly eventStorePort: number | undefined;
  readonly data: string;
  /** File with the products and plans; undefined for the default ones. */
  readonly catalogue: string | undefined;
  readonly publicUrl: string;
  /** Where Kafka is; undefined where nothing of it runs. */
  readonly kafka: KafkaSettings | undefined;
}

const root = path.resolve(import.meta.dirname, '..');

/** The settings of the services and of the tool on this machine. */
export function serviceEnvironment(backends: Backends): Record<string, string> {
  return {
    NODE_ENV: 'development',
    // All of it is of one release, so every reader knows what this one writes.
    EVENT_SCHEMA_LEVEL: String(LATEST_SCHEMA_LEVEL),
    HOST: '127.0.0.1',
    // Where the links of mails lead.
    PUBLIC_URL: backends.publicUrl,
    // Whoever tries webhooks here has their endpoint on this machine.
    WEBHOOK_ALLOW_PRIVATE: 'true',
    DATABASE_URL: backends.databaseUrl,
    REDIS_URL: backends.redisUrl,
    EVENTSTORE_URL: backends.eventStoreUrl,
    KEYRING_FILE: path.join(backends.data, 'keys', 'keyring.json'),
    VAULT_MASTER_KEY_FILE: path.join(backends.data, 'keys', 'master.key'),
    // What would be mailed is in files.
    MAIL_URL: `file:${path.join(backends.data, 'mails')}`,
    MAIL_FROM: 'License System <mail@localhost>',
    ...(backends.catalogue && { PLAN_CATALOGUE_FILE: backends.catalogue }),
    ...backends.kafka,
  };
}

export function serviceSpec(
  name: string,
  entry: string,
  port: number,
  backends: Backends,
  extra: Readonly<Record<string, string>> = {},
): ProcessSpec {
  return {
    name,
    command: process.execPath,
    // What query nodes remember is bounded; the collector must be told too, or it lets garbage grow past 512 MiB.
    args: [...(entry.startsWith('query-') ? ['--max-old-space-size=320'] : []), path.join(root, entry)],
    env: { ...serviceEnvironment(backends), PORT: String(port), ...extra },
    cwd: root,
    logFile: path.join(backends.data, 'logs', `${name}.log`),
  };
}

export function eventStoreSpec(backends: Backends, port: number): ProcessSpec {
  return serviceSpec('event-store', 'local/event-store/main.ts', port, backends, {
    EVENT_STORE_PORT: String(port),
    EVENT_STORE_DATABASE_URL: backends.eventStoreDatabaseUrl,
  });
}
