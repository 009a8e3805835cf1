import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { type CommandService, startCommandService } from '../../../command-service/app.ts';
import { readCommandConfig } from '../../../command-service/config.ts';
import { type EventStore, startEventStore } from '../../../local/event-store/server.ts';
import { freePorts } from '../../../local/ports.ts';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { type Clock, systemClock } from '../../../shared/clock.ts';
import { LATEST_SCHEMA_LEVEL } from '../../../shared/events/schemas/catalogue.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createTokens } from '../../../shared/tokens/create-tokens.ts';
import { openKeyRings } from '../../../shared/tokens/file-key-ring.ts';
import type { Tokens } from '../../../shared/tokens/tokens.ts';
import { createDatabase } from '../../support/servers/databases.ts';

const silent = createLogger({ service: 'test', level: 'silent' });

type Settings = Readonly<Record<string, string>>;

/** A command node in this process, with an event store and databases of its own. */
export interface CommandNode {
  readonly url: string;
  readonly service: CommandService;
  readonly tokens: Tokens;
  readonly pool: Pool;
  /** Every line that the node has logged. */
  readonly log: readonly string[];
  /** The environment of this node, to start another one with. */
  readonly settings: Settings;
  /** Another node over the same stores. */
  another(settings?: Settings): Promise<CommandService>;
  stopEventStore(): Promise<void>;
  startEventStore(): Promise<void>;
  operatorToken(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Generous limits, so that a test meets one only where it sets it. */
const LIMITS = {
  SIGNUPS_PER_MINUTE: '100000',
  LOGINS_PER_MINUTE: '100000',
  MAILS_PER_MINUTE: '100000',
  WRONG_GUESSES_PER_ADDRESS: '100000',
  COMMANDS_PER_MINUTE: '100000',
  OPERATOR_COMMANDS_PER_MINUTE: '100000',
};

export interface CommandNodeOptions {
  readonly settings?: Settings;
  /** The PostgreSQL for the read model, usage and vault; the tier's unless given. */
  readonly postgresUrl?: string;
  readonly clock?: Clock;
}

export async function startCommandNode(options: CommandNodeOptions = {}): Promise<CommandNode> {
  const folder = mkdtempSync(path.join(tmpdir(), 'license-test-command-'));
  const [database, storeDatabase] = await Promise.all([
    createDatabase(options.postgresUrl),
    createDatabase(),
  ]);
  const pool = createPool({
    connectionString: database.url,
    applicationName: 'test',
    max: 2,
    logger: silent,
  });
  await migrateAll({ database: pool, vault: pool });
  const store = await storeOn(storeDatabase.url);
  const settings: Settings = {
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'debug',
    DRAIN_MS: '50',
    DATABASE_URL: database.url,
    REDIS_URL: inject('redisUrl'),
    EVENTSTORE_URL: store.url,
    KEYRING_FILE: path.join(folder, 'keyring.json'),
    VAULT_MASTER_KEY_FILE: path.join(folder, 'master.key'),
    TOKEN_ISSUER: `test-${randomUUID()}`,
    EVENT_SCHEMA_LEVEL: String(LATEST_SCHEMA_LEVEL),
    ...LIMITS,
    ...options.settings,
  };
  const log: string[] = [];
  const services: CommandService[] = [];
  const start = async (more: Settings = {}) => {
    const config = readCommandConfig({ ...settings, ...more });
    const destination = { write: (line: string) => void log.push(line) };
    const logger = createLogger({ service: 'command-service', level: config.LOG_LEVEL, destination });
    const service = await startCommandService({
      config,
      logger,
      ...(options.clock && { clock: options.clock }),
    });
    services.push(service);
    return service;
  };
  const service = await start();
  const file = String(settings.KEYRING_FILE);
  const rings = await openKeyRings({ file, production: true, clock: systemClock, logger: silent });
  const tokens = createTokens({ rings, issuer: String(settings.TOKEN_ISSUER), clock: systemClock });
  return {
    url: service.url,
    service,
    tokens,
    pool,
    log,
    settings,
    another: start,
    stopEventStore: store.stop,
    startEventStore: store.start,
    operatorToken: async () => (await tokens.signAccessToken({ subject: 'billing', role: 'operator' })).token,
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((each) => each.stop()));
      rings.close();
      await store.stop();
      await pool.end();
      await database[Symbol.asyncDispose]();
      await storeDatabase[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An event store that keeps its port when it is stopped and started again. */
async function storeOn(databaseUrl: string) {
  const [port] = (await freePorts(1)) as [number];
  let store: EventStore | undefined;
  const start = async () => {
    store = await startEventStore({ host: '127.0.0.1', port, databaseUrl, logger: silent });
  };
  await start();
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    start,
    stop: async () => {
      await store?.close();
      store = undefined;
    },
  };
}
