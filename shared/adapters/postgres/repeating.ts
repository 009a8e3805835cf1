import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Logger } from '../../process/logger.ts';
import { postgresFault } from './faults.ts';

/** Times that a statement is tried which PostgreSQL rolls back for another's sake. */
const ATTEMPTS = 3;

const names = new Map<string, string>();

/**
 * The name that a statement is prepared under: its own and a digest of its text. Releases run side by side, and through
 * a pooler they may share a connection: a name alone would run the other's text.
 */
function preparedName({ name, text }: { readonly name: string; readonly text: string }): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  names.set(text, `${name.slice(0, 40)}_${digest}`);
  return names.get(text) as string;
}

const isNamed = (statement: unknown): statement is pg.QueryConfig & { name: string } =>
  typeof statement === 'object' && statement !== null && 'name' in statement && statement.name !== undefined;

/**
 * Makes `pool.query` repeat a statement that may be repeated: it is a transaction of its own, which was rolled back.
 * A prepared statement that is of no use any more is repeated without its name; and once a pooler is found that keeps no
 * names (PgBouncer before 1.21 in transaction mode), statements go without from then on.
 */
export function repeating(pool: pg.Pool, logger: Logger): pg.Pool {
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<pg.QueryResult>;
  let prepares = true;
  const run = async (statement: unknown, ...rest: unknown[]): Promise<pg.QueryResult> => {
    let sent = statement;
    if (isNamed(statement)) {
      const { name, ...unnamed } = statement;
      sent = prepares ? { ...unnamed, name: preparedName({ name, text: statement.text }) } : unnamed;
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await query(sent, ...rest);
      } catch (error) {
        const fault = postgresFault(error);
        if (attempt === ATTEMPTS || (fault !== 'repeat' && fault !== 'unprepared')) throw error;
        if (fault === 'repeat' || !isNamed(sent)) continue;
        if (prepares && (error as pg.DatabaseError).code !== '0A000') {
          prepares = false;
          logger.info({ err: error }, 'postgres_statements_not_prepared');
        }
        const { name: _, ...unnamed } = sent;
        sent = unnamed;
      }
    }
  };
  return Object.assign(pool, { query: run as pg.Pool['query'] });
}
