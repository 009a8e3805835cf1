import { execFile } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { startEventStore } from '../../../local/event-store/server.ts';
import { freePorts } from '../../../local/ports.ts';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../../shared/calendar.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { writeHistory } from '../../support/population/history.ts';
import { startPostgres } from '../../support/servers/servers.ts';
import { createDatabase } from '../system/databases.ts';

const KEY = Buffer.alloc(32, 7);
const USERS_SHARE = 10;
const STATEMENT_TIMEOUT_MS = 600_000;
const logger = createLogger({ service: 'bench', level: 'silent' });
const entry = path.resolve(import.meta.dirname, '../../../cli/main.ts');

export interface HistorySystem extends AsyncDisposable {
  readonly pool: Pool;
  /** Adds so many events of new customers to the log: the first time of two years, then of one day each. */
  write(events: number): Promise<void>;
  /** Runs `cli history-tables update`. Answers what it has done, and the CPU time of an event. */
  update(): Promise<string>;
}

/** PostgreSQL and an event store of the benchmark's own. */
export async function historySystem(): Promise<HistorySystem> {
  const stack = new AsyncDisposableStack();
  const postgres = stack.use(await startPostgres());
  const databaseUrl = await createDatabase(postgres.url, 'license_system');
  const eventStoreDatabaseUrl = await createDatabase(postgres.url, 'event_store');
  const pool = createPool({
    connectionString: databaseUrl,
    applicationName: 'bench',
    max: 2,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    logger,
  });
  stack.defer(() => pool.end());
  await migrateAll({ database: pool, vault: pool });
  const [port] = (await freePorts(1)) as [number];
  let until = Date.now() - 30 * DAY_MS;
  let from = until - 730 * DAY_MS;
  let seed = 0;
  return {
    pool,
    async write(events) {
      const users = Math.ceil(events / USERS_SHARE);
      const masterKey = createSecretKey(KEY);
      seed += 1;
      await writeHistory({ eventStoreDatabaseUrl, databaseUrl, masterKey, events, users, seed, from, until });
      [from, until] = [until, until + DAY_MS];
    },
    async update() {
      const options = { host: '127.0.0.1', port, databaseUrl: eventStoreDatabaseUrl, logger };
      const store = await startEventStore(options);
      try {
        const { stderr } = await promisify(execFile)(process.execPath, [entry, 'history-tables', 'update'], {
          env: {
            ...process.env,
            NODE_ENV: 'test',
            DATABASE_URL: databaseUrl,
            EVENTSTORE_URL: `esdb://127.0.0.1:${port}?tls=false`,
          },
          maxBuffer: 2 ** 26,
        });
        return /Applied (.*)\./.exec(stderr)?.[1] ?? stderr;
      } finally {
        await store.close();
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
