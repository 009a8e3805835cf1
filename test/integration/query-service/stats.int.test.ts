import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { NAMES } from '../../../cli/stats/tables.ts';
import { installMetrics } from '../../../projector/history/metrics.ts';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import type { DecodedEvent } from '../../../projector/write/decode.ts';
import { countFigures } from '../../../query-service/queries/stats/count.ts';
import { createPool, inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../../shared/calendar.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createDatabase, type TestDatabase } from '../../support/servers/databases.ts';
import { history } from '../../unit/domain/histories.ts';
import { eventsOf, logOf, writeHistoryTables } from '../history-tables/random-log.ts';
import { tool } from '../projector/system.ts';

const USERS = Number(process.env.HISTORY_USERS ?? 120);
const logger = createLogger({ service: 'test', level: 'silent' });

/** The last one is worth less than half a unit a month, unless it is bought twice. */
const PRICES: Readonly<Record<string, unknown>> = {
  basic: { amount: 990, currency: 'EUR', months: 1 },
  pro: { amount: 10_001, currency: 'USD', months: 12 },
  enterprise: { amount: 5, currency: 'EUR', months: 12 },
};

/** The event as it would be had its plan a price. */
function priced(decoded: DecodedEvent): DecodedEvent {
  const { event } = decoded.recorded;
  if (event.type !== 'SubscriptionStarted' && event.type !== 'SubscriptionPlanChanged') return decoded;
  const terms = { ...event.data.terms, price: PRICES[event.data.plan] ?? null };
  const data = { ...event.data, terms } as typeof event.data;
  return { ...decoded, recorded: { ...decoded.recorded, event: { ...event, data } as typeof event } };
}

let database: TestDatabase;
let pool: Pool;
let log: readonly DecodedEvent[];
beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'));
  pool = createPool({ connectionString: database.url, applicationName: 'test', max: 2, logger });
  await migrateAll({ database: pool, vault: pool });
  const sample = fc.sample(fc.record({ steps: history, erased: fc.boolean() }), { numRuns: USERS, seed: 12 });
  log = logOf(sample.map(({ steps, erased }, i) => eventsOf(i, steps, erased))).map(priced);
});
afterAll(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
});

/** A metric's rows as JSON, bigint as numbers. */
const metric = async (sql: string, ...values: Date[]): Promise<Record<string, unknown>[]> =>
  (await pool.query(`SELECT to_json(metric) AS row FROM (${sql}) metric`, values)).rows.map(({ row }) => row);

const sorted = (rows: readonly object[]) =>
  rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort();

const timeOf = ({ recorded }: DecodedEvent): number => recorded.created.getTime();

/** A log that ends after so much of all that happens, at the end of an instant. */
async function endAfter(share: number): Promise<number> {
  const last = timeOf(log[Math.floor(share * log.length) - 1] as DecodedEvent);
  // The fold of the history tables has the read models' tables: here it is under their name.
  const schemas = { fold: 'read_model', history: 'history' };
  await writeHistoryTables(
    database.url,
    schemas,
    log.filter((event) => timeOf(event) <= last),
    [500],
  );
  await inTransaction(pool, (client) => installMetrics(client, 'history'));
  return last;
}

it('are what the metrics say', async () => {
  const met = new Map<string, number>();
  for (const share of [0.3, 0.8]) {
    const last = await endAfter(share);
    for (const days of [0, 2, 25]) {
      const counts = await compare(new Date(last + 1 + days * DAY_MS));
      for (const [what, count] of Object.entries(counts)) met.set(what, (met.get(what) ?? 0) + count);
    }
  }
  // Nothing was compared with nothing.
  for (const [what, count] of met) expect(count, what).toBeGreaterThan(0);
});

it('are printed by the tool, with the history tables’ months', async () => {
  const env = () => ({ NODE_ENV: 'test', DATABASE_URL: database.url });
  const all = await tool({ env }, 'stats', '--json');
  expect(all).toMatchObject({ code: 0, stderr: '' });
  expect(Object.keys(JSON.parse(all.stdout)).sort()).toEqual([...NAMES, 'as_of'].sort());
  const unknown = await tool({ env }, 'stats', 'mrr', '--product', 'ap');
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown.stderr).toContain('there is no product ap. Did you mean "app"?');
});

/** Of customers who are erased, and whose subscriptions would run. */
const ERASED = `SELECT count(*) FROM read_model.subscriptions JOIN read_model.users USING (user_id)
  WHERE users.status = 'erased' AND NOT suspended AND start_date <= $1 AND end_date > $1`;

async function compare(now: Date) {
  const { subscriptions, customers, mrr, seats, renewalsDue } = await countFigures(pool, now.getTime());
  expect(sorted(subscriptions)).toEqual(
    sorted(
      await metric(
        `SELECT product, plan_type AS plan, sum(subscriptions) AS "all", sum(active) AS active, sum(grace) AS grace,
           sum(cancelled) AS cancelled, sum(paying) AS paying,
           coalesce(sum(subscriptions) FILTER (WHERE trial), 0) AS trials
         FROM history.active_subscriptions($1, $1) GROUP BY product, plan_type`,
        now,
      ),
    ),
  );
  expect(sorted(customers)).toEqual(
    sorted(
      await metric(
        `SELECT product, customers AS "all", paying, trying, free FROM history.active_customers($1, $1)`,
        now,
      ),
    ),
  );
  expect(sorted(mrr)).toEqual(
    sorted(
      await metric(
        `SELECT currency, product, plan_type AS plan, subscriptions, mrr AS amount FROM history.mrr($1, $1)`,
        now,
      ),
    ),
  );
  expect(sorted(seats)).toEqual(
    sorted(
      await metric(`SELECT product, plan_type AS plan, trial, bought, used FROM history.seats($1, $1)`, now),
    ),
  );
  expect(sorted(renewalsDue)).toEqual(
    sorted(
      await metric(
        `SELECT product, plan_type AS plan, currency, count(*), sum(price * quantity) AS amount
         FROM history.renewals_due($1, $1::timestamptz + interval '720 hours', $1) WHERE outcome = 'open' GROUP BY 1, 2, 3`,
        now,
      ),
    ),
  );
  const sum = (runs: 'grace' | 'cancelled') => subscriptions.reduce((total, one) => total + one[runs], 0);
  const [erased] = await metric(ERASED, now);
  return {
    ...{ grace: sum('grace'), cancelled: sum('cancelled'), erased: Number(erased?.count) },
    ...{ mrr: mrr.length, seats: seats.length, renewals: renewalsDue.length },
  };
}
