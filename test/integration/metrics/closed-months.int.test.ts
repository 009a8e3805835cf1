import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installMetrics, metrics } from '../../../projector/history/metrics.ts';
import { inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { addMonths, DAY_MS } from '../../../shared/calendar.ts';
import { history } from '../../unit/domain/histories.ts';
import { addToHistoryTables, eventsOf, logOf, writeHistoryTables } from '../history-tables/random-log.ts';
import { askPostgres, createHistoryTables } from './tables.ts';

const SCHEMAS = { fold: 'history_fold', history: 'history' };
const held = new AsyncDisposableStack();
let pool: Pool;
let url: string;
beforeAll(async () => {
  ({ pool, url } = held.use(await createHistoryTables()));
});
afterAll(() => held.disposeAsync());

/** Half a year of customers who come one after the other, half of whom are erased at their end. */
const customers = fc.sample(history, { numRuns: 150, seed: 31 });
const log = logOf(customers.map((steps, i) => eventsOf(i, steps, i % 2 === 0, i * DAY_MS)));
const timeOf = ({ recorded }: (typeof log)[number]) => recorded.created.getTime();
const middle = new Date(timeOf(log[log.length >> 1] as (typeof log)[number]));
const close = Date.UTC(middle.getUTCFullYear(), middle.getUTCMonth(), 1);
const before = log.filter((event) => timeOf(event) < close);

/** What every metric says of the year up to the close. @param known when that was known */
async function answers(known: number): Promise<Record<string, unknown>> {
  await inTransaction(pool, (client) => installMetrics(client, SCHEMAS.history));
  const asked = metrics.filter(({ parameters }) => parameters.some(({ name }) => name === 'known'));
  const argument = (name: string) => {
    if (name === 'known') return known;
    return /^(first|since)/.test(name) ? addMonths(close, -12) : close - 1;
  };
  const said: Record<string, unknown> = {};
  for (const { name, parameters } of asked) {
    const values = parameters.map((one) => `'${new Date(argument(one.name)).toISOString()}'`).join(', ');
    const rows = await askPostgres(pool, `SELECT * FROM ${name}(${values})`);
    // Not every metric has an order.
    said[name] = rows.map((row) => JSON.stringify(row)).sort();
  }
  return said;
}

test('a closed month, as known at its close, stays what it was, whatever comes and whoever makes the tables', async () => {
  await writeHistoryTables(url, SCHEMAS, before, [500]);
  const closed = await answers(close);
  for (const [name, rows] of Object.entries(closed)) expect([name, rows]).not.toEqual([name, []]);

  await addToHistoryTables(url, SCHEMAS, log.slice(before.length), [7]);
  expect(await answers(close)).toEqual(closed);
  // What came did change the figures of the closed months, as they are known since.
  const since = await answers(timeOf(log.at(-1) as (typeof log)[number]));
  const changed = Object.keys(closed).filter((name) => !isDeepStrictEqual(since[name], closed[name]));
  expect(changed).toEqual(expect.arrayContaining(['mrr', 'mrr_movements', 'renewals', 'seats']));

  await writeHistoryTables(url, SCHEMAS, log, [log.length]);
  expect(await answers(close)).toEqual(closed);
  await writeHistoryTables(url, SCHEMAS, log, [20], { batches: 4, keptRows: 200 });
  expect(await answers(close)).toEqual(closed);
});
