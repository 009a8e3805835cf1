import { Counter, Gauge, type Registry } from 'prom-client';
import { isPostgresUnavailable, postgresFault } from '../adapters/postgres/faults.ts';
import type { Queryable } from '../adapters/postgres/pool.ts';
import type { Clock } from '../clock.ts';
import { addressKey } from '../http/limits/client-address.ts';
import type { Logger } from '../logger.ts';

/** The user of a request that is nobody's yet, such as a sign-up. */
export const ANONYMOUS = '00000000-0000-0000-0000-000000000000';

export interface UsageOptions {
  readonly pool: Queryable;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** How often counts are written; default 5 s. It bounds what a crash loses. */
  readonly flushMs?: number;
  /** Most rows that are kept while PostgreSQL is unreachable; default 50,000, about 20 MB. */
  readonly maxRows?: number;
}

interface Row {
  readonly minute: number;
  readonly userId: string;
  readonly endpoint: string;
  readonly address: string;
  count: number;
}

const MINUTE_MS = 60_000;
/** Rows of one statement. */
const BATCH = 1_000;

/**
 * Adds a batch. Its rows are ordered by the primary key, so that two nodes lock the same rows in the same order. Who
 * was erased is not counted: the projector has removed their rows, and a count that was still in memory then must not
 * bring them back.
 */
const ADD = `
INSERT INTO usage.rate_limits AS stored (minute, user_id, endpoint, address, count)
SELECT minute, user_id, endpoint, address, sum(count)
FROM unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::inet[], $5::bigint[])
  AS batch (minute, user_id, endpoint, address, count)
WHERE NOT EXISTS (
  SELECT FROM read_model.users WHERE users.user_id = batch.user_id AND users.status = 'erased'
)
GROUP BY minute, user_id, endpoint, address
ORDER BY minute, user_id, endpoint, address
ON CONFLICT (minute, user_id, endpoint, address) DO UPDATE SET count = stored.count + excluded.count`;

/**
 * Counts requests by user, endpoint, minute and address in memory and writes them in batches, after the requests.
 * A crash loses at most what came since the last batch; `stop` writes the rest. While PostgreSQL is unreachable counts are
 * kept up to `maxRows`; a new combination beyond that is dropped and counted in `usage_dropped_total`.
 */
export class UsageCounter {
  readonly #options: UsageOptions;
  readonly #maxRows: number;
  readonly #dropped: Counter;
  #rows = new Map<string, Row>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #failing = false;

  constructor(options: UsageOptions) {
    this.#options = options;
    this.#maxRows = options.maxRows ?? 50_000;
    const registers = [options.registry];
    this.#dropped = new Counter({
      name: 'usage_dropped_total',
      help: 'Requests that were not counted, because PostgreSQL was unreachable for too long',
      registers,
    });
    const waiting = (): number => this.#rows.size;
    new Gauge({
      name: 'usage_rows_waiting',
      help: 'Usage rows in memory',
      registers,
      collect() {
        this.set(waiting());
      },
    });
  }

  start(): void {
    this.#timer = setInterval(() => void this.flush(), this.#options.flushMs ?? 5_000);
    this.#timer.unref();
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    // What came while an earlier batch was under way.
    if (this.#rows.size > 0) await this.flush();
  }

  /**
   * Counts a request that was let in, or as many as the caller has added up already. An IPv6 address counts as its /64,
   * which one host has to itself: by address it could make a row with every request. Never waits.
   */
  count(userId: string, endpoint: string, address: string, count = 1): void {
    const minute = Math.floor(this.#options.clock() / MINUTE_MS) * MINUTE_MS;
    this.#add({ minute, userId, endpoint, address: addressKey(address), count });
  }

  /** Writes all counts now, or joins the writing that is under way. Failing is no error: they are kept. */
  flush(): Promise<void> {
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  #add(row: Row): void {
    const key = `${row.minute} ${row.userId} ${row.endpoint} ${row.address}`;
    const known = this.#rows.get(key);
    if (known) known.count += row.count;
    else if (this.#rows.size < this.#maxRows) this.#rows.set(key, row);
    else this.#dropped.inc(row.count);
  }

  async #write(): Promise<void> {
    const rows = [...this.#rows.values()];
    this.#rows = new Map();
    for (let from = 0; from < rows.length; from += BATCH) {
      const batch = rows.slice(from, from + BATCH);
      try {
        await this.#options.pool.query(ADD, columns(batch));
        this.#say(false);
      } catch (error) {
        this.#say(true, error);
        // A replica, or a role that may only read, takes no counts: an operator has to name another place for them.
        if (isPostgresUnavailable(error) || postgresFault(error) === 'denied') {
          for (const row of rows.slice(from)) this.#add(row);
          return;
        }
        // A batch that PostgreSQL refuses would be refused again, and for ever.
        for (const row of batch) this.#dropped.inc(row.count);
      }
    }
  }

  #say(failing: boolean, error?: unknown): void {
    if (failing === this.#failing) return;
    this.#failing = failing;
    if (failing) this.#options.logger.warn({ err: error }, 'usage_not_written');
    else this.#options.logger.info('usage_written_again');
  }
}

const columns = (rows: readonly Row[]): unknown[] => [
  rows.map((row) => new Date(row.minute)),
  rows.map((row) => row.userId),
  rows.map((row) => row.endpoint),
  rows.map((row) => row.address),
  rows.map((row) => row.count),
];
