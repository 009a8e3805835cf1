import { createPool, type PoolOptions, type Queryable } from '../../shared/adapters/postgres/pool.ts';

/** MRR of a currency at a month's end, in minor units; of the month that runs, as it is now. */
export interface MonthMrr {
  readonly month: string;
  readonly currency: string;
  readonly mrr: number;
  /** Whether the month is over. */
  readonly complete: boolean;
}

const MONTHS = 12;

const FIND = "SELECT to_regprocedure('history.mrr_movements(date, date, timestamptz)') IS NOT NULL AS there";

const MRR = `
SELECT to_char(month, 'YYYY-MM') AS month, currency, mrr_end::float8 AS mrr, complete
FROM history.mrr_movements(($1::timestamptz AT TIME ZONE 'UTC' - interval '${MONTHS - 1} months')::date,
  ($1::timestamptz AT TIME ZONE 'UTC')::date, $1)
ORDER BY month, currency`;

/** Of the last twelve months, as the history tables have it now; undefined where there are none. */
async function read(db: Queryable, now: number): Promise<MonthMrr[] | undefined> {
  const { rows } = await db.query<{ there: boolean }>(FIND);
  if (!rows[0]?.there) return undefined;
  return (await db.query<MonthMrr>(MRR, [new Date(now)])).rows;
}

/** {@link read} from the database with the history tables. @throws an error of PostgreSQL */
export async function mrrByMonth(options: PoolOptions, now: number): Promise<MonthMrr[] | undefined> {
  const pool = createPool(options);
  try {
    return await read(pool, now);
  } finally {
    await pool.end();
  }
}
