import { setTimeout as delay } from 'node:timers/promises';
import { type AdvisoryLock, tryAdvisoryLock } from './advisory-locks.ts';
import { type Pool, within } from './pool.ts';

/** How often a standby asks for the lock. */
const POLL_MS = 500;
/** How often PostgreSQL is asked on the connection that holds the lock. */
const HEARTBEAT_MS = 1_000;
/**
 * A process that was stopped or suspended keeps its connections, and with them its lock, for as long as its machine
 * answers for it. So PostgreSQL ends the session of one that is silent for this long (idle_session_timeout, known since
 * PostgreSQL 14; without it such a lock is free when the network gives the connection up). With the poll that makes the
 * 3 s after which query nodes take silence for a failure.
 */
export const SILENCE_MS = 2_500;
const LIMIT_SILENCE = `
SELECT set_config(name, '${SILENCE_MS}ms', false) FROM pg_settings WHERE name = 'idle_session_timeout'`;

/**
 * A connection on which PostgreSQL has been silent for this long is dead: a firewall forgot it, or the server is gone
 * without a word. The deadline of other statements is for work, and with it nobody would lead for half a minute.
 */
const DEADLINE_MS = 5_000;

export interface LeadershipEvents {
  /** Another process leads now. */
  standby(): void;
  /** PostgreSQL has just answered on the connection that holds the lock: each second, and at the beginning. */
  confirmed(): void;
}

export interface Leadership {
  /** Aborted when the connection that holds the lock breaks, or is silent for 5 s. */
  readonly lost: AbortSignal;
  /** Lets a standby take over. */
  release(): void;
}

/**
 * Waits until no other process leads, and holds the lock until it is released. That only one writes is ensured by what
 * they write (the checkpoint, Kafka's fencing); this saves the others the work.
 * @throws the signal's reason, or an error of PostgreSQL
 */
export async function lead(
  pool: Pool,
  lock: AdvisoryLock,
  signal: AbortSignal,
  events: LeadershipEvents,
): Promise<Leadership> {
  const lost = new AbortController();
  const client = await pool.connect();
  const lose = () => lost.abort();
  client.on('error', lose);
  client.on('end', lose);
  let heartbeat: NodeJS.Timeout | undefined;
  const release = () => {
    clearInterval(heartbeat);
    client.off('error', lose);
    client.off('end', lose);
    // Closed, not given back: with the connection goes the lock, also where the server can't be asked any more.
    client.release(true);
  };
  try {
    for (let polls = 0; !(await tryAdvisoryLock(client, lock)); polls++) {
      if (polls === 0) events.standby();
      await delay(POLL_MS, undefined, { signal });
    }
    await client.query(LIMIT_SILENCE);
  } catch (error) {
    release();
    throw error;
  }
  let unanswered = false;
  heartbeat = setInterval(() => {
    // The next waits for the answer: while PostgreSQL is silent more would only queue up in the driver, which warns of it.
    if (unanswered) return;
    unanswered = true;
    client.query(within(DEADLINE_MS, 'SELECT')).then(
      () => {
        unanswered = false;
        if (!lost.signal.aborted) events.confirmed();
      },
      () => lose(),
    );
  }, HEARTBEAT_MS);
  return { lost: lost.signal, release };
}
