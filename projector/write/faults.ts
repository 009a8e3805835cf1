import { inTransaction, type Pool, type PoolClient } from '../../shared/adapters/postgres/pool.ts';
import type { DecodedEvent } from './decode.ts';

interface DatabaseError extends Error {
  readonly code: string;
  readonly constraint?: string;
}

const stateOf = (error: unknown): string | undefined =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^[0-9A-Z]{5}$/.test(error.code)
    ? error.code
    : undefined;

/** PostgreSQL refused the data: SQLSTATE classes 21 and 22 (values), 23 (constraints), 54 (sizes). */
export const isRefusal = (error: unknown): error is DatabaseError =>
  /^(21|22|23|54)/.test(stateOf(error) ?? '');

/** A serialization failure or a deadlock: the same again may pass. */
export const isTransient = (error: unknown): boolean => /^40/.test(stateOf(error) ?? '');

/** Without the detail, which quotes values. */
export const refusalCause = (error: DatabaseError): string =>
  `PostgreSQL refused its rows: ${error.message} (${error.constraint ?? error.code})`;

/** Does work that is always rolled back. Answers the error that PostgreSQL refused it with, if it did. */
export async function rehearsal(
  pool: Pool,
  work: (client: PoolClient) => Promise<void>,
): Promise<DatabaseError | undefined> {
  const passed = new Error('rolled back on purpose');
  try {
    return await inTransaction(pool, async (client) => {
      await work(client);
      throw passed;
    });
  } catch (error) {
    if (error === passed) return undefined;
    if (isRefusal(error)) return error;
    throw error;
  }
}

export interface Refused {
  readonly event: DecodedEvent;
  readonly error: DatabaseError;
}

type Rehearse = (events: readonly DecodedEvent[]) => Promise<DatabaseError | undefined>;

/**
 * The event at fault in a batch that was refused: by halves the user, then by halves the first of that user's events
 * with which the rows are refused; about log2 of either number of rehearsals. undefined if nobody's events are
 * refused alone.
 */
export async function findRefused(
  events: readonly DecodedEvent[],
  rehearse: Rehearse,
): Promise<Refused | undefined> {
  const byUser = Map.groupBy(events, ({ userId }) => userId);
  let users = [...byUser.keys()];
  const eventsOf = (some: readonly string[]) => some.flatMap((user) => byUser.get(user) ?? []);
  while (users.length > 1) {
    const half = users.slice(0, users.length >> 1);
    users = (await rehearse(eventsOf(half))) ? half : users.slice(half.length);
  }
  return findInOrder(eventsOf(users), rehearse);
}

/** The first event of a sequence with which it is refused. */
export async function findInOrder(
  events: readonly DecodedEvent[],
  rehearse: Rehearse,
): Promise<Refused | undefined> {
  let error = await rehearse(events);
  if (!error) return undefined;
  let passes = 0;
  let refused = events.length;
  while (refused - passes > 1) {
    const middle = (passes + refused) >> 1;
    const found = await rehearse(events.slice(0, middle));
    if (found) {
      refused = middle;
      error = found;
    } else passes = middle;
  }
  return { event: events[refused - 1] as DecodedEvent, error };
}
