import { type PoolClient, type Queryable, within } from './pool.ts';

/**
 * A lock of PostgreSQL that no table stands for: one number, or a group of locks with one for each name. Names go by
 * their hash: two exclude each other without need once in four billion.
 */
export type AdvisoryLock = { readonly number: bigint } | { readonly group: number; readonly name: string };

const numbered = (number: bigint) => ({ number }) as const;

/**
 * Every advisory lock of this system, because two with the same number would exclude each other. PostgreSQL keeps
 * single numbers and groups apart. The numbers mean nothing, but stay: processes of two versions run side by side.
 */
export const ADVISORY_LOCKS = {
  /** Changing a schema. One for each would let two sets of migrations deadlock, and they are rare. */
  migrations: numbered(7_226_411_900_001n),
  /** Writing the live read models. */
  projectors: numbered(7_226_411_900_002n),
  /** Rebuilding the read models. */
  rebuild: numbered(7_226_411_900_003n),
  /** Writing the log of the local event store. */
  localLog: numbered(7_245_190_331n),
  /** Turning the log's events into what is due: deliveries and mails. */
  notifier: numbered(7_226_411_900_004n),
  /** Sending what is due. */
  sending: numbered(7_226_411_900_005n),
  /** Looking for what time alone makes due. */
  due: numbered(7_226_411_900_006n),
  /** Writing the history tables. */
  historyTables: numbered(7_226_411_900_007n),
  /** Rebuilding the history tables. */
  historyRebuild: numbered(7_226_411_900_008n),
  /** Sending the log's events to a topic. */
  relay: (topic: string): AdvisoryLock => ({ group: 1_226_411_902, name: topic }),
} as const;

const argumentsOf = (lock: AdvisoryLock): { readonly sql: string; readonly values: unknown[] } =>
  'number' in lock
    ? { sql: '$1::bigint', values: [lock.number] }
    : { sql: '$1::integer, hashtext($2)', values: [lock.group, lock.name] };

/** An answer to this is a matter of milliseconds, whatever else the connection is for. */
const DEADLINE_MS = 5_000;

/** Takes a lock for as long as the connection lives, if it is free. */
export async function tryAdvisoryLock(connection: Queryable, lock: AdvisoryLock): Promise<boolean> {
  const { sql, values } = argumentsOf(lock);
  const { rows } = await connection.query<{ held: boolean }>(
    within(DEADLINE_MS, `SELECT pg_try_advisory_lock(${sql}) AS held`, values),
  );
  return rows[0]?.held === true;
}

/** Waits for a lock, and holds it for as long as the connection lives or until it is released. */
export async function takeAdvisoryLock(connection: Queryable, lock: AdvisoryLock): Promise<void> {
  const { sql, values } = argumentsOf(lock);
  await connection.query(`SELECT pg_advisory_lock(${sql})`, values);
}

export async function releaseAdvisoryLock(connection: Queryable, lock: AdvisoryLock): Promise<void> {
  const { sql, values } = argumentsOf(lock);
  await connection.query(`SELECT pg_advisory_unlock(${sql})`, values);
}

/**
 * Gives the lock and its connection back. Ending the connection would do, but PostgreSQL may notice that only after the
 * next try to take the lock. A connection that is broken is ended, and the lock with it.
 */
export async function endAdvisoryLock(connection: PoolClient, lock: AdvisoryLock): Promise<void> {
  const broken = await releaseAdvisoryLock(connection, lock).then(
    () => false,
    () => true,
  );
  connection.release(broken);
}

/** Waits for a lock, and holds it until the transaction ends. */
export async function takeAdvisoryLockInTransaction(
  transaction: Queryable,
  lock: AdvisoryLock,
): Promise<void> {
  const { sql, values } = argumentsOf(lock);
  await transaction.query(`SELECT pg_advisory_xact_lock(${sql})`, values);
}

/** Whether some connection to this database holds the lock now. */
export async function isAdvisoryLockHeld(
  db: Queryable,
  { number }: { readonly number: bigint },
): Promise<boolean> {
  const { rows } = await db.query<{ held: boolean }>(
    `SELECT EXISTS (
       SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
         AND (classid::bigint << 32) | objid::bigint = $1
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS held`,
    [number],
  );
  return rows[0]?.held === true;
}
