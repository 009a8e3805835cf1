import { createPool, type Pool, type PoolClient } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { eventually } from '../../support/eventually.ts';

const logger = createLogger({ service: 'chaos', level: 'silent' });
const APPLICATION = 'chaos';
/** More than a server of this project takes. */
const TOO_MANY = 400;

const CUT = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name <> $1 AND backend_type = 'client backend'`;

/** With connections of the run's own. They may write where others may not. */
export async function withPostgres<T>(url: string, work: (pool: Pool) => Promise<T>, max = 1): Promise<T> {
  const pool = createPool({
    connectionString: url,
    applicationName: APPLICATION,
    max,
    connectionTimeoutMs: 10_000,
    settings: { default_transaction_read_only: 'off' },
    logger,
  });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/** Sets a setting of the server, or resets it. */
export const alterSystem = (url: string, setting: string): Promise<unknown> =>
  withPostgres(url, async (pool) => {
    await pool.query(`ALTER SYSTEM ${setting}`);
    await pool.query('SELECT pg_reload_conf()');
  });

/** Ends everybody's connections. */
export const cutConnections = (url: string): Promise<unknown> =>
  withPostgres(url, (pool) => pool.query(CUT, [APPLICATION]));

/** Takes all connections that the server has, those of others too, while `work` is under way. @throws Error some are left */
export function takeAllConnections(url: string, work: () => Promise<unknown>): Promise<void> {
  return withPostgres(
    url,
    async (pool) => {
      const taken: PoolClient[] = [await pool.connect()];
      try {
        await takeUntilRefused(pool, taken);
        await taken[0]?.query(CUT, [APPLICATION]);
        await takeUntilRefused(pool, taken);
        await work();
      } finally {
        for (const client of taken) client.release(true);
      }
    },
    TOO_MANY,
  );
}

async function takeUntilRefused(pool: Pool, taken: PoolClient[]): Promise<void> {
  while (taken.length < TOO_MANY) {
    const tried = await Promise.allSettled(Array.from({ length: 10 }, () => pool.connect()));
    for (const one of tried) if (one.status === 'fulfilled') taken.push(one.value);
    const refused = tried.find((one) => one.status === 'rejected');
    if (refused && (refused.reason as { code?: string }).code === '53300') return;
    if (refused) throw refused.reason;
  }
  throw new Error(`PostgreSQL gave ${taken.length} connections and would give more`);
}

/** From now on nothing is acknowledged that the replica does not have. */
export async function untilSynchronous(url: string): Promise<void> {
  await alterSystem(url, "SET synchronous_standby_names = '*'");
  await withPostgres(url, (pool) =>
    eventually('the replica follows synchronously', async () => {
      const { rows } = await pool.query("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'");
      return rows.length > 0;
    }),
  );
}

export const promotePostgres = (url: string): Promise<unknown> =>
  withPostgres(url, (pool) => pool.query('SELECT pg_promote()'));
