import { spawn } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { freePorts } from '../../../local/ports.ts';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { type HistorySummary, writeHistory } from '../../support/population/history.ts';
import { startPostgres, startRedis } from '../../support/servers/servers.ts';
import { createDatabase } from './databases.ts';
import { postmaster } from './postmaster.ts';

const KEY = Buffer.alloc(32, 7);
const EVENTS_OF_A_USER = 10;
const START_TIMEOUT_MS = 120_000;
const root = path.resolve(import.meta.dirname, '../../..');
const logger = createLogger({ service: 'bench', level: 'silent' });

/** A log with a history in it, and what its followers need. No service runs on it until one is started. */
export interface LogSystem extends AsyncDisposable {
  readonly pool: Pool;
  readonly summary: HistorySummary;
  /** Settings of every service and of the tool. */
  readonly env: NodeJS.ProcessEnv;
  /** PostgreSQL, the event store, and the services that run now. */
  processes(): Map<string, number>;
  /** Starts a service by its file, and resolves when it answers. */
  start(name: string, main: string, extra?: NodeJS.ProcessEnv): Promise<AsyncDisposable>;
}

/** PostgreSQL, Redis and the local event store of the benchmark's own, with so many events of two years. */
export async function logSystem(events: number, say: (line: string) => void): Promise<LogSystem> {
  await using started = new AsyncDisposableStack();
  const postgres = started.use(await startPostgres());
  const redis = started.use(await startRedis());
  const databaseUrl = await createDatabase(postgres.url, 'license_system');
  const eventStoreDatabaseUrl = await createDatabase(postgres.url, 'event_store');
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'bench', max: 2, logger });
  started.defer(() => pool.end());
  await migrateAll({ database: pool, vault: pool });
  const summary = await writeHistory({
    eventStoreDatabaseUrl,
    databaseUrl,
    masterKey: createSecretKey(KEY),
    events,
    users: Math.ceil(events / EVENTS_OF_A_USER),
  });
  say(`  (${events.toLocaleString('en')} events written in ${summary.seconds.toFixed(1)} s)`);
  const [storePort] = (await freePorts(1)) as [number];
  const env = {
    ...process.env,
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    EVENTSTORE_URL: `esdb://127.0.0.1:${storePort}?tls=false`,
    EVENT_STORE_PORT: String(storePort),
    EVENT_STORE_DATABASE_URL: eventStoreDatabaseUrl,
    VAULT_MASTER_KEY: KEY.toString('base64url'),
  };
  const processes = new Map([['postgres', postmaster(postgres.directory)]]);
  const start = async (name: string, main: string, extra: NodeJS.ProcessEnv = {}) => {
    const [port] = (await freePorts(1)) as [number];
    const child = spawn(process.execPath, [path.join(root, main)], {
      env: { ...env, ...extra, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    processes.set(name, child.pid as number);
    const answers = () =>
      fetch(`http://127.0.0.1:${port}/health/live`).then(
        ({ ok }) => ok,
        () => false,
      );
    // The event store speaks gRPC alone: whoever reads from it waits for it.
    if (name !== 'event-store') await eventually(`${main} answers`, answers, START_TIMEOUT_MS);
    return {
      async [Symbol.asyncDispose]() {
        processes.delete(name);
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGTERM');
        await once(child, 'exit');
      },
    };
  };
  started.use(await start('event-store', 'local/event-store/main.ts'));
  const running = started.move();
  return {
    pool,
    summary,
    env,
    processes: () => new Map(processes),
    start,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
