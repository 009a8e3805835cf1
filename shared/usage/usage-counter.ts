import { Counter, Gauge, type Registry } from 'prom-client';
import type { Queryable } from '../adapters/postgres/pool.ts';
import type { Clock } from '../clock.ts';
import { addressKey } from '../http/limits/client-address.ts';
import type { Logger } from '../process/logger.ts';
import { WriteBehind } from './write-behind.ts';

/** The user of a request that is nobody's yet, such as a sign-up. */
export const ANONYMOUS = '00000000-0000-0000-0000-000000000000';

export interface UsageOptions {
  readonly pool: Queryable;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly flushMs?: number;
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
 * Counts requests by user, endpoint, minute and address in memory and writes them in batches, after the requests: see
 * {@link WriteBehind}. What is dropped is counted in `usage_dropped_total`.
 */
export class UsageCounter {
  readonly #clock: Clock;
  readonly #rows: WriteBehind<Row>;

  constructor({ pool, clock, logger, registry, flushMs, maxRows }: UsageOptions) {
    this.#clock = clock;
    const registers = [registry];
    const dropped = new Counter({
      name: 'usage_dropped_total',
      help: 'Requests that were not counted, because PostgreSQL was unreachable for too long',
      registers,
    });
    const rows = new WriteBehind<Row>({
      ...{ pool, logger, flushMs, maxRows, columns, statement: ADD },
      merge(known, { count }) {
        known.count += count;
        return known;
      },
      onDropped: ({ count }) => dropped.inc(count),
    });
    this.#rows = rows;
    new Gauge({
      name: 'usage_rows_waiting',
      help: 'Usage rows in memory',
      registers,
      collect() {
        this.set(rows.size);
      },
    });
  }

  start(): void {
    this.#rows.start();
  }

  stop(): Promise<void> {
    return this.#rows.stop();
  }

  flush(): Promise<void> {
    return this.#rows.flush();
  }

  /**
   * Counts a request that was let in, or as many as the caller has added up already. An IPv6 address counts as its /64,
   * which one host has to itself: by address it could make a row with every request. Never waits.
   */
  count(userId: string, endpoint: string, address: string, count = 1): void {
    const minute = Math.floor(this.#clock() / MINUTE_MS) * MINUTE_MS;
    const network = addressKey(address);
    const key = `${minute} ${userId} ${endpoint} ${network}`;
    this.#rows.add(key, { minute, userId, endpoint, address: network, count });
  }
}

const columns = (rows: readonly Row[]): unknown[] => [
  rows.map((row) => new Date(row.minute)),
  rows.map((row) => row.userId),
  rows.map((row) => row.endpoint),
  rows.map((row) => row.address),
  rows.map((row) => row.count),
];
