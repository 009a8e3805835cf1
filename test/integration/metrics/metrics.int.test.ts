import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { askDuckdbOf, askPostgres, createHistoryTables, insert } from './tables.ts';

const held = new AsyncDisposableStack();
let pool: Pool;
const [ada, bob] = [randomUUID(), randomUUID()];
const [first, second] = [randomUUID(), randomUUID()];

beforeAll(async () => {
  const tables = held.use(await createHistoryTables());
  pool = tables.pool;
  const subscription = { subscription_id: first, user_id: ada, start_date: '2026-01-10T00:00Z' };
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
      end_date: '2026-02-01T00:00Z',
      status: 'grace',
      valid_from: '2026-02-01T00:00Z',
      valid_to: '2026-02-08T00:00Z',
      known_from: '2026-01-10T00:00Z',
      known_to: '2026-02-05T00:00Z',
    },
    {
      ...subscription,
      end_date: '2026-02-01T00:00Z',
      status: 'expired',
      mrr: 0,
      valid_from: '2026-02-08T00:00Z',
      known_from: '2026-01-10T00:00Z',
      known_to: '2026-02-05T00:00Z',
    },
    {
      ...subscription,
      end_date: '2026-03-01T00:00Z',
      cause_type: 'SubscriptionRenewed',
      valid_from: '2026-02-01T00:00Z',
      valid_to: '2026-03-01T00:00Z',
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
