import { isPostgresUnavailable, type Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { VaultUnavailable } from '../../../shared/vault/errors.ts';

/**
 * An erasure that began and is not finished, in the vault's database. Looking for `UserErased` in the last seven days of
 * the log was rejected: it read all of them at every start, and forgot what had stood longer. A row costs an erasure two
 * statements.
 */
export interface ErasureIntents {
  /** Before the append of `UserErased`. */
  begin(userId: string): Promise<void>;
  /** Once nothing is left to do. */
  end(userId: string): Promise<void>;
  /** Once it is known that its `UserErased` was never appended; but not if the erasure has begun again since. */
  forget(userId: string): Promise<void>;
  /** The oldest first. `isOld`: no append that was tried for it can still be under way. */
  list(): Promise<{ readonly userId: string; readonly isOld: boolean }[]>;
}

const BEGIN =
  'INSERT INTO vault.erasures (user_id) VALUES ($1) ON CONFLICT (user_id) DO UPDATE SET begun_at = now()';
const END = 'DELETE FROM vault.erasures WHERE user_id = $1';
const IS_OLD = "begun_at < now() - interval '1 hour'";
const FORGET = `${END} AND ${IS_OLD}`;
const LIST = `
  SELECT user_id, ${IS_OLD} AS is_old FROM vault.erasures
  ORDER BY begun_at LIMIT 1000`;

/** Every method throws VaultUnavailable while PostgreSQL is unavailable. */
export function createErasureIntents(db: Queryable): ErasureIntents {
  const run = async <Row extends object>(text: string, ...values: string[]): Promise<Row[]> => {
    try {
      return (await db.query<Row>(text, values)).rows;
    } catch (error) {
      throw isPostgresUnavailable(error) ? new VaultUnavailable({ cause: error }) : error;
    }
  };
  return {
    begin: async (userId) => void (await run(BEGIN, userId)),
    end: async (userId) => void (await run(END, userId)),
    forget: async (userId) => void (await run(FORGET, userId)),
    list: async () =>
      (await run<{ user_id: string; is_old: boolean }>(LIST)).map(({ user_id, is_old }) => ({
        userId: user_id,
        isOld: is_old,
      })),
  };
}
