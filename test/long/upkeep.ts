import { createPool, type Pool } from '../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../shared/process/logger.ts';
import type { System } from '../chaos/system.ts';

const logger = createLogger({ service: 'long-run', level: 'silent' });

/** How many fast days of usage are kept in a run that sees eight of them. */
export const RETENTION_DAYS = 3;

/**
 * What should have been made, moved and dropped as days and years went by. @param now of the fast clock
 * @returns what is wrong
 */
export async function partitionFaults(system: System, from: number, now: number): Promise<string[]> {
  const connectionString = system.setting('DATABASE_URL');
  const pool = createPool({ connectionString, applicationName: 'long-run', max: 1, logger });
  try {
    const names = await partitionsOf(pool, 'usage.rate_limits');
    const days = daysBetween(Math.max(from, now - (RETENTION_DAYS - 1) * DAY_MS), now + 6 * DAY_MS);
    const missing = days.filter((day) => !names.includes(`rate_limits_${day}`));
    const old = names.filter((name) => {
      const day = /^rate_limits_(\d{8})$/.exec(name)?.[1];
      return day !== undefined && day < dayOf(now - (RETENTION_DAYS + 1) * DAY_MS);
    });
    const years = await partitionsOf(pool, 'read_model.subscriptions');
    const nextYear = `subscriptions_${new Date(now).getUTCFullYear() + 2}`;
    const [usage, subscriptions] = await Promise.all([
      rowsIn(pool, 'usage.rate_limits_default'),
      rowsIn(pool, 'read_model.subscriptions_default'),
    ]);
    return [
      ...missing.map((day) => `usage.rate_limits has no partition of ${day}`),
      ...old.map((name) => `${name} is older than ${RETENTION_DAYS} days and is still there`),
      ...(years.includes(nextYear) ? [] : [`there is no ${nextYear}`]),
      ...(usage > 0 ? [`${usage} rows of usage are in the default partition`] : []),
      ...(subscriptions > 0 ? [`${subscriptions} subscriptions are in the default partition`] : []),
    ];
  } finally {
    await pool.end();
  }
}

const DAY_MS = 86_400_000;
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10).replaceAll('-', '');

const daysBetween = (from: number, to: number): string[] =>
  Array.from({ length: Math.ceil((to - from) / DAY_MS) }, (_, i) => dayOf(from + i * DAY_MS));

async function partitionsOf(pool: Pool, table: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass',
    [table],
  );
  return rows.map(({ name }) => name.split('.').at(-1) as string);
}

async function rowsIn(pool: Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
  return Number(rows[0]?.count);
}
