import { setTimeout as delay } from 'node:timers/promises';
import { type AdvisoryLock, tryAdvisoryLock } from '../../shared/adapters/postgres/advisory-locks.ts';
import type { Pool } from '../../shared/adapters/postgres/pool.ts';

const POLL_MS = 500;
/**
 * A process that was stopped or suspended keeps its connections, and with them its place, for as long as its machine
 * answers for it. So PostgreSQL ends the session of one that is silent for this long (idle_session_timeout, known
 * since PostgreSQL 14; without it such a place is free when the network gives the connection up).
 */
const SILENCE = '15s';
const BEAT_MS = 3_000;
const LIMIT_SILENCE = `
SELECT set_config(name, '${SILENCE}', false) FROM pg_settings WHERE name = 'idle_session_timeout'`;

export interface Leadership {
  /** Aborted when the connection that holds the lock breaks. */
  readonly lost: AbortSignal;
  /** Gives the place up. */
  release(): void;
}

/**
 * Waits until the place is free, and holds it until it is released.
 * @param waiting called once if it is taken now
 * @throws the signal's reason, or the error of a database that can't serve
 */
export async function lead(
  pool: Pool,
  signal: AbortSignal,
  waiting: () => void,
  lock: AdvisoryLock,
): Promise<Leadership> {
  const lost = new AbortController();
  const client = await pool.connect();
  const lose = () => lost.abort();
  client.on('error', lose);
  client.on('end', lose);
  let beat: NodeJS.Timeout | undefined;
  const release = (error?: boolean) => {
    clearInterval(beat);
    client.off('error', lose);
    client.off('end', lose);
    client.release(error);
  };
  try {
    for (let polls = 0; ; polls++) {
      if (await tryAdvisoryLock(client, lock)) break;
      if (polls === 0) waiting();
      await delay(POLL_MS, undefined, { signal });
    }
    await client.query(LIMIT_SILENCE);
    beat = setInterval(() => void client.query('SELECT').catch(lose), BEAT_MS);
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
