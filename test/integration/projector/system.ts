import { execFile } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { startEventStore } from '../../../local/event-store/server.ts';
import { startProjector } from '../../../projector/app.ts';
import { readProjectorConfig } from '../../../projector/config.ts';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { connectRedis } from '../../../shared/adapters/redis/client.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createVault } from '../../../shared/vault/postgres-vault.ts';
import { eventually } from '../../support/eventually.ts';
import { createDatabase } from '../../support/servers/databases.ts';
import { startRedis, type TestServer } from '../../support/servers/servers.ts';
import { createAuthors } from './author.ts';

export const MASTER_KEY = Buffer.alloc(32, 7).toString('base64url');
export const silent = createLogger({ service: 'test', level: process.env.TEST_LOG_LEVEL ?? 'silent' });

export interface SystemOptions {
  /** A PostgreSQL of the test's own, which it may stop; else the tier's. */
  readonly postgresUrl?: string;
  readonly redis?: TestServer;
}

/** The projector's surroundings: a migrated database, an event store with a database of its own, Redis. */
export async function createSystem(options: SystemOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const serverUrl = options.postgresUrl ?? inject('postgresUrl');
  const database = stack.use(await createDatabase(serverUrl));
  const storeDatabase = stack.use(await createDatabase(inject('postgresUrl')));
  const redisServer = options.redis ?? stack.use(await startRedis());
  let store = await startEventStore({
    host: '127.0.0.1',
    port: 0,
    databaseUrl: storeDatabase.url,
    logger: silent,
  });
  stack.defer(() => store.close());

  const pool = createPool({
    connectionString: database.url,
    applicationName: 'test',
    max: 4,
    logger: silent,
  });
  stack.defer(() => pool.end());
  await migrateAll({ database: pool, vault: pool });
  const masterKey = createSecretKey(Buffer.from(MASTER_KEY, 'base64url'));
  const vault = createVault({ db: pool, masterKey, clock: systemClock });
  const log = connectEventLog({ connectionString: store.connectionString });
  stack.defer(() => log.close());
  const redis = connectRedis({
    url: redisServer.url,
    name: 'test',
    logger: silent,
    // SAVE waits for the disk.
    commandTimeoutMs: 5_000,
  });
  stack.defer(async () => redis.disconnect());

  const env = () => ({
    NODE_ENV: 'test',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    PORT: '0',
    DRAIN_MS: '0',
    DATABASE_URL: database.url,
    REDIS_URL: redisServer.url,
    EVENTSTORE_URL: store.connectionString,
    VAULT_MASTER_KEY: MASTER_KEY,
  });
  const kept = stack.move();
  return {
    pool,
    redis,
    redisServer,
    log,
    vault,
    author: createAuthors(log, vault),
    databaseUrl: database.url,
    storeDatabaseUrl: storeDatabase.url,
    env,
    /** Starts a projector in this process, which is stopped with the system unless the test does it. */
    async project(settings: Record<string, string> = {}) {
      const config = readProjectorConfig({ ...env(), ...settings });
      const projector = await startProjector({ config, logger: silent });
      kept.defer(() => projector.stop());
      return projector;
    },
    /** Ends the event store, and starts one on the same port, with another log if one is given. */
    async replaceStore(
      databaseUrl = storeDatabase.url,
      between: () => Promise<void> = async () => undefined,
    ) {
      const { port } = store;
      await store.close();
      await between();
      store = await startEventStore({ host: '127.0.0.1', port, databaseUrl, logger: silent });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type System = Awaited<ReturnType<typeof createSystem>>;

/** Waits until the read models have gone past a position. */
export const projected = ({ pool }: Pick<System, 'pool'>, position: string) =>
  eventually(`projected ${position}`, async () => {
    const { rows } = await pool.query(
      `SELECT FROM read_model.checkpoints WHERE (last_event_commit, last_event_prepare) >= ($1::bigint, $2::bigint)`,
      position.split('/'),
    );
    return rows.length > 0;
  });

/** What a projector says on /health/ready. */
export async function readiness(projector: { readonly url: string }) {
  const response = await fetch(`${projector.url}/health/ready`);
  return {
    status: response.status,
    body: (await response.json()) as { dependencies: Record<string, string> },
  };
}

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../../..');

/** Runs a command of the tool beside the system. Answers its exit code and what it printed. */
export async function tool(system: { env(): Record<string, string> }, ...args: string[]) {
  const env = { ...process.env, ...system.env() };
  try {
    const { stdout, stderr } = await run(process.execPath, [path.join(root, 'cli/main.ts'), ...args], {
      env,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

/** The read models' rows, without what depends on when or how often something was tried. */
export async function allRows({ pool }: Pick<System, 'pool'>, schema = 'read_model') {
  const tables: Record<string, unknown[]> = {};
  for (const table of ['users', 'subscriptions', 'licenses', 'license_keys', 'staff', 'activations_by_day']) {
    tables[table] = (await pool.query(`SELECT * FROM ${schema}.${table} ORDER BY 1`)).rows;
  }
  return tables;
}
