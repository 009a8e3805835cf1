import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installMetrics } from '../../../projector/history/metrics.ts';
import { inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { installDuckdb } from '../../support/analysis/duckdb.ts';
import { INSTALLING_MS } from '../../support/analysis/python.ts';
import { history } from '../../unit/domain/histories.ts';
import { eventsOf, logOf, writeHistoryTables } from '../history-tables/random-log.ts';
import {
  type Movement,
  monthsBetween,
  movementsOf,
  mrrBefore,
  type Paid,
  payingBefore,
  startOf,
} from './oracle.ts';
import { askDuckdbOf, askPostgres, createHistoryTables } from './tables.ts';

const YEARS = Number(process.env.METRICS_YEARS ?? 3);
const CUSTOMERS = 8;
const DAY_MS = 86_400_000;
const held = new AsyncDisposableStack();
let pool: Pool;
let url: string;

beforeAll(async () => {
  await installDuckdb();
  const tables = held.use(await createHistoryTables());
  ({ pool, url } = tables);
}, INSTALLING_MS);
afterAll(() => held.disposeAsync());

const year = fc.record({
  customers: fc.array(
    fc.record({
      steps: history,
      erased: fc.boolean(),
      day: fc.nat({ max: 300 }),
      minute: fc.nat({ max: 1439 }),
    }),
    { minLength: CUSTOMERS, maxLength: CUSTOMERS },
  ),
  /** Which instants are asked about. */
  picks: fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
});

type Year = typeof year extends fc.Arbitrary<infer Y> ? Y : never;

/** Writes the year's tables. @returns when something happened, in order */
async function write({ customers }: Year): Promise<number[]> {
  const log = logOf(
    customers.map(({ steps, erased, day, minute }, i) =>
      eventsOf(i, steps, erased, day * DAY_MS + minute * 60_000),
    ),
  );
  await writeHistoryTables(url, { fold: 'history_fold', history: 'history' }, log, [500]);
  await inTransaction(pool, (client) => installMetrics(client, 'history'));
  return log.map(({ recorded }) => recorded.created.getTime());
}

async function paidAsKnown(known: string): Promise<Paid[]> {
  const { rows } = await pool.query(
    `SELECT user_id AS user, currency, mrr::float8 AS mrr, extract(epoch FROM valid_from)::float8 * 1000 AS from,
       extract(epoch FROM valid_to)::float8 * 1000 AS to
     FROM history.subscription_states WHERE known_from <= $1 AND $1 < known_to AND mrr > 0`,
    [known],
  );
  return rows;
}

const monthOf = (instant: number): string => `${new Date(instant).toISOString().slice(0, 7)}-01`;
const iso = (instant: number): string => new Date(instant).toISOString();
const sorted = (movements: readonly Movement[]) =>
  [...movements].sort((a, b) =>
    `${a.month} ${a.user_id} ${a.currency}`.localeCompare(`${b.month} ${b.user_id} ${b.currency}`),
  );
const total = <T>(rows: readonly T[], value: (row: T) => number) =>
  rows.reduce((sum, row) => sum + value(row), 0);

/** That the metrics say what the rows say, as known at an instant. */
async function check(first: string, last: string, instant: number): Promise<void> {
  const known = iso(instant);
  const paid = await paidAsKnown(known);
  const months = monthsBetween(first, last).filter((month) => startOf(month) <= instant);
  const endOf = (month: string) => Math.min(startOf(monthOf(startOf(month) + 32 * DAY_MS)), instant + 1);
  const expected = months.map((month) => movementsOf(paid, month, endOf(month)));

  const span = `'${first}', '${last}', '${known}'`;
  const movements = (await askPostgres(
    pool,
    `SELECT month, currency, user_id, movement, mrr_start, mrr_end FROM customer_mrr_movements(${span})`,
  )) as unknown as Movement[];
  expect(sorted(movements)).toEqual(sorted(expected.flat()));

  const rows = await askPostgres(pool, `SELECT * FROM mrr_movements(${span})`);
  for (const row of rows as Record<string, number>[]) {
    const { mrr_start, mrr_end, expansion, contraction, churned, reactivated } = row as Record<
      string,
      number
    >;
    const { month, currency } = row as unknown as { month: string; currency: string };
    const gained = (row.new as number) + (reactivated as number) + (expansion as number);
    expect(mrr_end).toBe((mrr_start as number) + gained - (contraction as number) - (churned as number));
    const at = (before: number) =>
      total(
        paid.filter((one) => one.currency === currency && one.from < before && before <= one.to),
        ({ mrr }) => mrr,
      );
    expect([month, currency, mrr_start, mrr_end]).toEqual([
      month,
      currency,
      at(startOf(month)),
      at(endOf(month)),
    ]);
  }
  // A currency in which nothing ever moved from one month's end to another has no rows; the others have every month.
  const ends = months.flatMap((month) => [startOf(month), endOf(month)]);
  for (const currency of new Set(
    ends.flatMap((end) => [...mrrBefore(paid, end).keys()].map((key) => key.slice(37))),
  ))
    expect(rows.filter((row) => row.currency === currency)).toHaveLength(months.length);

  const churn = await askPostgres(pool, `SELECT * FROM customer_churn(${span})`);
  expect(churn.map(({ customers_start, customers_end }) => [customers_start, customers_end])).toEqual(
    months.map((month) => [payingBefore(paid, startOf(month)).size, payingBefore(paid, endOf(month)).size]),
  );
}

test('MRR at the end is MRR at the start and what moved, in random years, as known at any time', async () => {
  await fc.assert(
    fc.asyncProperty(year, async (one) => {
      const instants = await write(one);
      const [begin, end] = [instants[0] as number, instants.at(-1) as number];
      const known = one.picks.map((pick) => instants[pick % instants.length] as number);
      const [middle = begin] = known;
      await check(monthOf(begin), monthOf(end), end + 400 * DAY_MS);
      await check(monthOf(middle), monthOf(end), end);
      for (const instant of known) await check(monthOf(begin), monthOf(instant), instant);
    }),
    { numRuns: YEARS },
  );
}, 3_600_000);

test('DuckDB counts the same of random years', async () => {
  const customers = fc.sample(year, { numRuns: 6, seed: 7 }).flatMap((one) => one.customers);
  const instants = await write({ customers, picks: [] });
  const known = `'${iso(instants[instants.length >> 1] as number)}'`;
  const span = `'2026-01-01', '2027-12-01', ${known}`;
  const spans = [
    'mrr_movements',
    'revenue_churn',
    'customer_churn',
    'trials',
    'renewals',
    'cohort_customers',
    'cohort_mrr',
    'activations',
  ];
  const questions = [
    ...['mrr', 'active_subscriptions', 'active_customers', 'seats'].map(
      (name) => `SELECT * FROM ${name}(${known}, ${known})`,
    ),
    ...spans.map((name) => `SELECT * FROM ${name}(${span})`),
  ];
  const postgres = await Promise.all(questions.map((question) => askPostgres(pool, question)));
  expect(await askDuckdbOf(pool, questions)).toEqual(postgres);
  expect(postgres.filter(({ length }) => length === 0)).toEqual([]);
});
