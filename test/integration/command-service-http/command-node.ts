import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { type CommandService, startCommandService } from '../../../command-service/app.ts';
import { readCommandConfig } from '../../../command-service/config.ts';
import type { Pause } from '../../../command-service/dependencies.ts';
import { startEventStore } from '../../../local/event-store/server.ts';
import { migrateAll } from '../../../projector/migrate.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createLogger } from '../../../shared/logger.ts';
import { createTokens } from '../../../shared/tokens/create-tokens.ts';
import { openKeyRing } from '../../../shared/tokens/file-key-ring.ts';
import type { Tokens } from '../../../shared/tokens/tokens.ts';
import { createDatabase } from '../../support/databases.ts';

const silent = createLogger({ service: 'test', level: 'silent' });

/** A command node in this process, with an event store and databases of its own. */
export interface CommandNode {
  readonly url: string;
  readonly service: CommandService;
  readonly tokens: Tokens;
  readonly pool: Pool;
  /** Every line that the node has logged. */
  readonly log: readonly string[];
  /** Another node over the same stores. */
  another(settings?: Readonly<Record<string, string>>, pause?: Pause): Promise<CommandService>;
  operatorToken(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Generous limits, so that a test meets one only where it sets it. */
const LIMITS = {
  SIGNUPS_PER_MINUTE: '100000',
  LOGINS_PER_MINUTE: '100000',
  COMMANDS_PER_MINUTE: '100000',
};

export interface CommandNodeOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** Instead of the stores that are made for the test. */
  readonly databaseUrl?: string;
  readonly pause?: Pause;
}

export async function startCommandNode(options: CommandNodeOptions = {}): Promise<CommandNode> {
  const folder = mkdtempSync(path.join(tmpdir(), 'license-test-command-'));
  const [database, storeDatabase] = await Promise.all([createDatabase(), createDatabase()]);
  const pool = createPool({
    connectionString: database.url,
    applicationName: 'test',
    max: 2,
    logger: silent,
  });
  await migrateAll({ database: pool, vault: pool });
  const store = await startEventStore({
    host: '127.0.0.1',
    port: 0,
    databaseUrl: storeDatabase.url,
    logger: silent,
  });
  const log: string[] = [];
  const destination = { write: (line: string) => void log.push(line) };
  const start = (settings: Readonly<Record<string, string>> = {}, pause?: Pause) => {
    const config = readCommandConfig({
      NODE_ENV: 'test',
      PORT: '0',
      LOG_LEVEL: 'debug',
      DRAIN_MS: '50',
      DATABASE_URL: options.databaseUrl ?? database.url,
      REDIS_URL: inject('redisUrl'),
      EVENTSTORE_URL: store.connectionString,
      KEYRING_FILE: path.join(folder, 'keyring.json'),
      VAULT_MASTER_KEY_FILE: path.join(folder, 'master.key'),
      TOKEN_ISSUER: `test-${randomUUID()}`,
      ...LIMITS,
      ...options.settings,
      ...settings,
    });
    const logger = createLogger({ service: 'command-service', level: config.LOG_LEVEL, destination });
    return startCommandService({ config, logger, ...(pause && { pause }) });
  };
  const issuer = `test-${randomUUID()}`;
  const services = [await start({ TOKEN_ISSUER: issuer }, options.pause)];
  const [service] = services as [CommandService];
  const ring = await openKeyRing({
    file: path.join(folder, 'keyring.json'),
    production: true,
    clock: systemClock,
    logger: silent,
  });
  const tokens = createTokens({ ring, issuer, clock: systemClock });
  return {
    url: service.url,
    service,
    tokens,
    pool,
    log,
    another: async (settings, pause) => {
      const other = await start({ TOKEN_ISSUER: issuer, ...settings }, pause);
      services.push(other);
      return other;
    },
    operatorToken: async () => (await tokens.signAccessToken({ subject: 'billing', role: 'operator' })).token,
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((each) => each.stop()));
      ring.close();
      await store.close();
      await pool.end();
      await database[Symbol.asyncDispose]();
      await storeDatabase[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
