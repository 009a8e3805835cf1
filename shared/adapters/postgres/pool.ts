import pg from 'pg';
import type { Logger } from '../../process/logger.ts';
import { isPostgresUnavailable } from './faults.ts';
import { repeating } from './repeating.ts';

export { isPostgresUnavailable } from './faults.ts';

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;
/** What a statement can run on: a pool, or the connection of a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

export interface PoolOptions {
  readonly connectionString: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly max: number;
  /** A statement running longer than this is cancelled by the server. */
  readonly statementTimeoutMs?: number;
  /** How long a caller waits for a connection before it gets an error. */
  readonly connectionTimeoutMs?: number;
  /** Server settings of each connection, such as `search_path`. Names and values without spaces. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

/** A pool that connects on demand: it can be made while the database is unreachable. */
export function createPool(options: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    max: options.max,
    connectionTimeoutMillis: options.connectionTimeoutMs ?? 2_000,
    // A broken network answers nothing: without this a query on a dead connection would wait for ever.
    query_timeout: (options.statementTimeoutMs ?? 10_000) + 1_000,
    keepAlive: true,
    // All in this one parameter, so that a pooler has one to let pass. Projections may not depend on the session's time
    // zone.
    options: Object.entries({
      statement_timeout: options.statementTimeoutMs ?? 10_000,
      TimeZone: 'UTC',
      ...options.settings,
    })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  });
  // Without a listener an idle connection that breaks would end the process; the next query gets a new one.
  pool.on('error', (error) => options.logger.warn({ err: error }, 'postgres_connection_lost'));
  // The same for one that is in use and breaks between two statements: its holder's next statement fails.
  pool.on('connect', (client) =>
    client.on('error', (error) => options.logger.debug({ err: error }, 'postgres_connection_broken')),
  );
  return repeating(pool, options.logger);
}

/** A statement that fails after `ms` without an answer; the connection's own deadline is for those that work long. */
export const within = (ms: number, text: string, values: unknown[] = []): pg.QueryConfig =>
  ({ text, values, query_timeout: ms }) as pg.QueryConfig;

/** Where PostgreSQL doesn't answer this soon, it doesn't answer: closing the connection rolls back as well. */
const ROLLBACK_MS = 1_000;

/** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // To a server that was demoted or is going down: the next one may lead to another.
    if (isPostgresUnavailable(error)) broken = error as Error;
    await client.query(within(ROLLBACK_MS, 'ROLLBACK')).catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    // A connection that could not roll back is not handed out again.
    client.release(broken);
  }
}
