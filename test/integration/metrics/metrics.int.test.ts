import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { metrics } from '../../../projector/history/metrics.ts';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { installDuckdb } from '../../support/analysis/duckdb.ts';
import { INSTALLING_MS } from '../../support/analysis/python.ts';
import { askDuckdbOf, askPostgres, createHistoryTables, insert } from './tables.ts';

const held = new AsyncDisposableStack();
let pool: Pool;
const [ada, bob] = [randomUUID(), randomUUID()];
const [first, second] = [randomUUID(), randomUUID()];

beforeAll(installDuckdb, INSTALLING_MS);
beforeAll(async () => {
  const tables = held.use(await createHistoryTables());
  pool = tables.pool;
  const subscription = { subscription_id: first, user_id: ada, start_date: '2026-01-10T00:00Z' };
  const paidBefore = { mrr_before: 1000, currency_before: 'EUR', end_date_before: '2026-02-01T00:00Z' };
  await insert(pool, 'subscription_states', [
    // Believed until 5 February: it ended on the 1st. Then it was renewed, late.
    {
      ...subscription,
      end_date: '2026-02-01T00:00Z',
      valid_from: '2026-01-10T00:00Z',
      valid_to: '2026-02-01T00:00Z',
      known_from: '2026-01-10T00:00Z',
    },
    {
      ...subscription,
      ...paidBefore,
      end_date: '2026-02-01T00:00Z',
      status: 'grace',
      valid_from: '2026-02-01T00:00Z',
      valid_to: '2026-02-08T00:00Z',
      known_from: '2026-01-10T00:00Z',
      known_to: '2026-02-05T00:00Z',
    },
    {
      ...subscription,
      ...paidBefore,
      end_date: '2026-02-01T00:00Z',
      status: 'expired',
      mrr: 0,
      valid_from: '2026-02-08T00:00Z',
      known_from: '2026-01-10T00:00Z',
      known_to: '2026-02-05T00:00Z',
    },
    {
      ...subscription,
      ...paidBefore,
      end_date: '2026-03-01T00:00Z',
      cause_type: 'SubscriptionRenewed',
      valid_from: '2026-02-01T00:00Z',
      valid_to: '2026-03-01T00:00Z',
      known_from: '2026-02-05T00:00Z',
    },
    {
      ...subscription,
      ...paidBefore,
      end_date: '2026-03-01T00:00Z',
      end_date_before: '2026-03-01T00:00Z',
      status: 'expired',
      mrr: 0,
      valid_from: '2026-03-01T00:00Z',
      known_from: '2026-02-05T00:00Z',
    },
    {
      subscription_id: second,
      user_id: bob,
      currency: 'USD',
      mrr: 500,
      start_date: '2026-01-20T00:00Z',
      end_date: '2027-01-20T00:00Z',
      valid_from: '2026-01-20T00:00Z',
      known_from: '2026-01-20T00:00Z',
    },
  ]);
});
afterAll(() => held.disposeAsync());

/** Both must say the same. */
async function ask(...questions: readonly string[]) {
  const [postgres, duckdb] = await Promise.all([
    Promise.all(questions.map((question) => askPostgres(pool, question))),
    askDuckdbOf(pool, questions),
  ]);
  expect(duckdb).toEqual(postgres);
  return postgres;
}

test('what held at a time, as known then and as known later', async () => {
  const of = (valid: string, known: string) =>
    `SELECT status, mrr FROM subscriptions_as_of('${valid}', '${known}') WHERE subscription_id = '${first}'`;
  const answers = await ask(
    of('2026-02-03T00:00:00Z', '2026-02-03T00:00:00Z'),
    of('2026-02-03T00:00:00Z', '2026-02-06T00:00:00Z'),
    of('2026-01-05T00:00:00Z', '2026-02-06T00:00:00Z'),
  );
  expect(answers).toEqual([[{ status: 'grace', mrr: 1000 }], [{ status: 'active', mrr: 1000 }], []]);
});

test('MRR by currency, product and plan', async () => {
  const [now] = await ask("SELECT * FROM mrr('2026-02-06T00:00:00Z', '2026-02-06T00:00:00Z')");
  const common = { product: 'app', plan_type: 'pro', subscriptions: 1, customers: 1 };
  expect(now).toEqual([
    { currency: 'EUR', ...common, mrr: 1000 },
    { currency: 'USD', ...common, mrr: 500 },
  ]);
});

test('every metric says the same in PostgreSQL and in DuckDB, wherever their sessions are', async () => {
  const value = { timestamptz: "'2026-02-06T00:00:00Z'", date: "'2026-02-06'", month: "'2026-02-06'" };
  const answers = await ask(
    ...metrics.map(
      ({ name, parameters }) =>
        `SELECT * FROM ${name}(${parameters.map(({ type }) => value[type]).join(', ')})`,
    ),
  );
  expect(answers).toHaveLength(metrics.length);
});

test('what is renewed late is due, and open until it is renewed', async () => {
  const due = (known: string) =>
    `SELECT outcome FROM renewals_due('2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z', '${known}')`;
  const answers = await ask(
    due('2026-01-20T00:00:00Z'),
    due('2026-02-04T00:00:00Z'),
    due('2026-02-05T00:00:00Z'),
  );
  expect(answers).toEqual([[{ outcome: 'open' }], [{ outcome: 'open' }], [{ outcome: 'renewed_late' }]]);
});

test('MRR moves by month and currency, and a customer who pays late was never lost', async () => {
  const movements = (known: string) =>
    `SELECT month, currency, complete, mrr_start, new, churned, mrr_end FROM mrr_movements('2026-01-15', '2026-06-01', '${known}')`;
  const [renewed, lost] = await ask(
    movements('2026-02-28T00:00:00Z'),
    `SELECT month, movement, amount FROM customer_mrr_movements('2026-01-01', '2026-04-01', '2026-04-01T00:00:00Z')
     WHERE currency = 'EUR' ORDER BY month`,
  );
  const eur = { currency: 'EUR', churned: 0 };
  const usd = { currency: 'USD', churned: 0 };
  expect(renewed).toEqual([
    { month: '2026-01-01', ...eur, complete: true, mrr_start: 0, new: 1000, mrr_end: 1000 },
    { month: '2026-01-01', ...usd, complete: true, mrr_start: 0, new: 500, mrr_end: 500 },
    { month: '2026-02-01', ...eur, complete: false, mrr_start: 1000, new: 0, mrr_end: 1000 },
    { month: '2026-02-01', ...usd, complete: false, mrr_start: 500, new: 0, mrr_end: 500 },
  ]);
  expect(lost).toEqual([
    { month: '2026-01-01', movement: 'new', amount: 1000 },
    { month: '2026-03-01', movement: 'churned', amount: 1000 },
  ]);
});
