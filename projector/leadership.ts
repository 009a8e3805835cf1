import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../shared/adapters/postgres/pool.ts';

/** One for the live read models. That only one projector writes is ensured by the checkpoint; this saves the others the work. */
const LOCK = 7_226_411_900_002n;
const POLL_MS = 500;

export interface Leadership {
  /** Aborted when the connection that holds the lock breaks. */
  readonly lost: AbortSignal;
  /** Gives the place up. */
  release(): void;
}

/**
 * Waits until no other projector is active, and holds the place until it is released.
 * @param waiting called once if another one is active now
 * @throws the signal's reason, or the error of a database that can't serve
 */
export async function lead(pool: Pool, signal: AbortSignal, waiting: () => void): Promise<Leadership> {
  const lost = new AbortController();
  const client = await pool.connect();
  const lose = () => lost.abort();
  client.on('error', lose);
  client.on('end', lose);
  const release = (error?: boolean) => {
    client.off('error', lose);
    client.off('end', lose);
    client.release(error);
  };
  try {
    for (let polls = 0; ; polls++) {
      const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [
        LOCK,
      ]);
      if (rows[0]?.held) break;
      if (polls === 0) waiting();
      await delay(POLL_MS, undefined, { signal });
    }
  } catch (error) {
    release(true);
    throw error;
  }
  return {
    lost: lost.signal,
    // The connection is closed: with it goes the lock, also where the server can't be asked any more.
    release: () => release(true),
  };
}
