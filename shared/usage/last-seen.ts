import type { Queryable } from '../adapters/postgres/pool.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../process/logger.ts';
import { WriteBehind } from './write-behind.ts';

export interface LastSeenOptions {
  readonly pool: Queryable;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly flushMs?: number;
  readonly maxRows?: number;
}

/** A client that has shown its activation key. */
export interface SeenClient {
  readonly licenseId: string;
  readonly userId: string;
  /** The version that the program named, if it did. */
  readonly appVersion: string | undefined;
  /** Days since 1970 of when this node last saw it. */
  seenOn: number;
}

interface Row {
  readonly licenseId: string;
  readonly userId: string;
  readonly appVersion: string | undefined;
  readonly day: number;
}

const DAY_MS = 86_400_000;

/**
 * Licenses in one order, so that two nodes lock the same rows in the same order, and all of them before the days' counts. One
 * that another node has seen today is left alone: not even its row is locked. Who was erased is not seen: the projector has
 * removed their rows. What is returned was not seen on that day before, by any node; so it is counted once, also where a
 * statement is repeated because its answer was lost.
 */
const SEE = `
WITH seen AS (
  INSERT INTO usage.last_seen AS stored (license_id, user_id, day, app_version)
  SELECT license_id, user_id, day, app_version
  FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::text[]) AS batch (license_id, user_id, day, app_version)
  WHERE NOT EXISTS (
    SELECT FROM usage.last_seen known WHERE known.license_id = batch.license_id AND known.day >= batch.day
  ) AND NOT EXISTS (
    SELECT FROM read_model.users WHERE users.user_id = batch.user_id AND users.status = 'erased'
  )
  ORDER BY license_id
  ON CONFLICT (license_id) DO UPDATE
  SET day = excluded.day, app_version = coalesce(excluded.app_version, stored.app_version)
  WHERE stored.day < excluded.day
  RETURNING license_id, day
)
INSERT INTO usage.machines_by_day AS stored (day, product, machines)
SELECT seen.day, license.product, count(*) FROM seen JOIN read_model.licenses license USING (license_id)
GROUP BY seen.day, license.product ORDER BY seen.day, license.product
ON CONFLICT (day, product) DO UPDATE SET machines = stored.machines + excluded.machines`;

/**
 * The day (UTC) on which each client last showed its key, and the version of the program that it named first on that day.
 * One row a license, written at most once a day and node, in batches behind the answers; a crash, or PostgreSQL unreachable for
 * long, loses a day at most. And how many there were of each product on each day.
 */
export class LastSeen {
  readonly #clock: Clock;
  readonly #rows: WriteBehind<Row>;

  constructor({ pool, clock, logger, flushMs, maxRows }: LastSeenOptions) {
    this.#clock = clock;
    this.#rows = new WriteBehind({
      ...{ pool, logger, flushMs, maxRows, columns, statement: SEE },
      merge: (_known, later) => later,
    });
  }

  start(): void {
    this.#rows.start();
  }

  /** Writes what is left. */
  stop(): Promise<void> {
    return this.#rows.stop();
  }

  /** Never waits. */
  see(client: SeenClient): void {
    const day = Math.floor(this.#clock() / DAY_MS);
    if (client.seenOn === day) return;
    client.seenOn = day;
    const { licenseId, userId, appVersion } = client;
    this.#rows.add(licenseId, { licenseId, userId, appVersion, day });
  }
}

const columns = (rows: readonly Row[]): unknown[] => [
  rows.map((row) => row.licenseId),
  rows.map((row) => row.userId),
  rows.map((row) => new Date(row.day * DAY_MS).toISOString().slice(0, 10)),
  rows.map((row) => row.appVersion ?? null),
];
