import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../../shared/calendar.ts';

/** Days that are copied again: query nodes write what they counted a little later. */
const AGAIN_DAYS = 2;

const COUNTED = `
SELECT to_char(day, 'YYYY-MM-DD') AS day, product, machines FROM usage.machines_by_day
WHERE day >= $1::date AND day < $2::date`;

const copy = (history: string) => `
INSERT INTO ${history}.machines_by_day (day, product, machines)
SELECT day, product, machines FROM json_to_recordset($1) AS counted (day date, product text, machines bigint)
ON CONFLICT (day, product) DO UPDATE SET machines = excluded.machines
WHERE machines_by_day.machines <> excluded.machines`;

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/**
 * Copies how many machines were in use on each day that is over (UTC), as the query nodes counted it.
 * @param live PostgreSQL with usage
 * @param own PostgreSQL with the history tables
 * @param now milliseconds since 1970
 */
export async function copyMachines(
  live: Queryable,
  own: Queryable,
  history: string,
  now: number,
): Promise<void> {
  const { rows: tables } = await live.query(
    "SELECT to_regclass('usage.machines_by_day') IS NOT NULL AS there",
  );
  if (!tables[0].there) return;
  const { rows: last } = await own.query<{ day: string | null }>(
    `SELECT to_char(max(day), 'YYYY-MM-DD') AS day FROM ${history}.machines_by_day`,
  );
  const from = last[0]?.day ? dayOf(Date.parse(last[0].day) - AGAIN_DAYS * DAY_MS) : '-infinity';
  const { rows } = await live.query(COUNTED, [from, dayOf(now)]);
  if (rows.length > 0) await own.query(copy(history), [JSON.stringify(rows)]);
}
