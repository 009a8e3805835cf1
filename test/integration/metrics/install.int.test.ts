import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { installMetrics, metrics } from '../../../projector/history/metrics.ts';
import { inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createHistoryTables } from './tables.ts';

const held = new AsyncDisposableStack();
let pool: Pool;
beforeAll(async () => {
  ({ pool } = held.use(await createHistoryTables()));
});
afterAll(() => held.disposeAsync());

const install = () => inTransaction(pool, (client) => installMetrics(client, 'history'));
const columnsOf = async (name: string) =>
  (await pool.query(`SELECT * FROM history.${name}('2026-01-01', '2026-02-01', now())`)).fields.map(
    (field) => field.name,
  );

// As a release has left them whose metric, on which others are built, had other columns.
beforeEach(() =>
  pool.query(`DROP VIEW IF EXISTS public.of_analysts;
    DROP FUNCTION IF EXISTS history.mrr_movements CASCADE;
    CREATE FUNCTION history.mrr_movements(since date, until date, known timestamptz) RETURNS TABLE (month date, total bigint)
      LANGUAGE sql BEGIN ATOMIC SELECT since, 1::bigint; END;
    CREATE OR REPLACE FUNCTION history.revenue_churn(first_month date, last_month date, known timestamptz)
      RETURNS TABLE (month date) LANGUAGE sql BEGIN ATOMIC
        SELECT m.month FROM history.mrr_movements(first_month, last_month, known) m; END`),
);

test('metrics of another shape are replaced, with those that are built on them', async () => {
  await install();
  for (const name of ['mrr_movements', 'revenue_churn'])
    expect(await columnsOf(name)).toEqual(
      metrics.find((metric) => metric.name === name)?.columns.map((column) => column.name),
    );
  // And again, where nothing is of another shape.
  await install();
});

test('where something of the analysts depends on one, it is named, and all are as they were', async () => {
  await pool.query(
    'CREATE VIEW public.of_analysts AS SELECT total FROM history.mrr_movements(now()::date, now()::date, now())',
  );
  await expect(install()).rejects.toMatchObject({
    code: '2BP01',
    detail: expect.stringContaining('of_analysts depends on function mrr_movements'),
  });
  expect(await columnsOf('mrr_movements')).toEqual(['month', 'total']);
  expect(await columnsOf('revenue_churn')).toEqual(['month']);
});
