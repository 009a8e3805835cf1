import { createPool, type Queryable } from '../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../shared/clock.ts';
import { ConfigError } from '../../shared/config.ts';
import type { RingEntry } from '../../shared/tokens/ring-model.ts';
import type { KeysConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';

/** What is known of the nodes that read the key rings. */
export interface Nodes {
  /** The time that the nodes go by, in milliseconds since 1970. */
  readonly now: number;
  /** Undefined if that can't be told. */
  licensesUnder(key: RingEntry, until: number): Promise<LicenseCount | undefined>;
}

export interface LicenseCount {
  /** Active licenses that were activated while the key signed. */
  readonly under: number;
  /** All active licenses. */
  readonly active: number;
}

const NOW = `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now`;

const COUNT = `
SELECT count(*)::int AS active,
  (count(*) FILTER (WHERE activated_at >= $1 AND activated_at < $2))::int AS under
FROM read_model.licenses WHERE status = 'active'`;

async function now(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ now: string }>(NOW).catch((cause: unknown) => {
    throw new ConfigError([
      `DATABASE_URL: PostgreSQL, whose clock the nodes go by, can't be asked for the time (${String(cause)}). If it stays unreachable and this machine's clock is right, add --local-clock`,
    ]);
  });
  return Number(rows[0]?.now);
}

/**
 * Works with the nodes' clock, which is PostgreSQL's: each node compares its own with it. An instant of this machine's
 * clock would lie in the nodes' future or past by as much as that clock is wrong.
 * @param localClock this machine's clock instead: for when PostgreSQL can't be reached
 * @throws ConfigError PostgreSQL can't be asked
 */
export async function withNodes<T>(
  config: KeysConfig,
  localClock: boolean,
  work: (nodes: Nodes) => Promise<T>,
): Promise<T> {
  if (localClock) return work({ now: systemClock(), licensesUnder: async () => undefined });
  if (config.DATABASE_URL === undefined) {
    throw new ConfigError([
      "DATABASE_URL: required, because the nodes go by PostgreSQL's clock; or add --local-clock, if this machine's clock is right",
    ]);
  }
  const logger = toolLogger(config.LOG_LEVEL);
  const pool = createPool({
    connectionString: config.DATABASE_URL,
    applicationName: 'cli keys',
    max: 1,
    logger,
  });
  try {
    return await work({
      now: await now(pool),
      async licensesUnder(key, until) {
        const values = [new Date(key.signsFrom), new Date(until)];
        // A database without the tables yet (or with others) must not keep a stolen key in use.
        const counted = await pool.query<LicenseCount>(COUNT, values).catch((error: unknown) => {
          logger.warn({ err: error }, 'licenses_not_counted');
          return undefined;
        });
        return counted?.rows[0];
      },
    });
  } finally {
    await pool.end();
  }
}
