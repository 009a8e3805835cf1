import type { PoolClient } from '../../shared/adapters/postgres/pool.ts';
import { RebuildRefused } from '../errors.ts';

const TABLES_TIMEOUT = '250ms';
const ATTEMPTS = 40;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Keeps everybody off the tables. Locks that aren't had within 250 ms are given up and tried for again, because everybody
 * else queues behind whoever waits for one (and below the second after which PostgreSQL looks for deadlocks).
 * @throws RebuildRefused somebody uses a table for longer than all the tries take
 */
export async function lockTables(
  client: PoolClient,
  schemas: readonly string[],
  attempts = ATTEMPTS,
): Promise<void> {
  // First those that a validation reads first: then it waits there, and holds none that is wanted here.
  const { rows } = await client.query<{ names: string }>(
    `SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', '
       ORDER BY c.relname NOT IN ('licenses', 'users'), c.relname, n.nspname) AS names
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
    [schemas],
  );
  await client.query(`SET LOCAL lock_timeout = '${TABLES_TIMEOUT}'`);
  await client.query('SAVEPOINT unlocked');
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`LOCK TABLE ${rows[0]?.names} IN ACCESS EXCLUSIVE MODE`);
      return;
    } catch (error) {
      const locked = error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE;
      if (!locked) throw error;
      await client.query('ROLLBACK TO SAVEPOINT unlocked');
      if (attempt === attempts) throw inUse(await holders(client, schemas), error);
    }
  }
}

/** An analyst's query may take minutes: nobody waits for it, and nobody ends it but a person. */
const inUse = (sessions: readonly string[], cause: unknown) =>
  new RebuildRefused(
    'rebuild_tables_in_use',
    [
      'the tables are in use, so nothing was switched. Wait for these sessions or end them (pg_terminate_backend), and run the',
      'same again: what was rebuilt is kept, and it goes on from there.',
      ...sessions.map((session) => `  ${session}`),
    ].join('\n'),
    { cause },
  );

/** Who has used a table of these schemas for the longest, without what they ask. */
async function holders(client: PoolClient, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ session: string }>(
    `SELECT format('pid %s, %s (%s), since %s', a.pid, a.usename, coalesce(nullif(a.application_name, ''), 'no application name'),
       to_char(a.xact_start, 'YYYY-MM-DD"T"HH24:MI:SSOF')) AS session
     FROM pg_stat_activity a
     WHERE a.pid <> pg_backend_pid() AND EXISTS (
       SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE l.pid = a.pid AND l.granted AND n.nspname = ANY ($1)
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
     ORDER BY a.xact_start LIMIT 5`,
    [schemas],
  );
  return rows.map(({ session }) => session);
}
