import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findEnds } from '../../../command-service/due/expiry/find.ts';
import { readModelMigrations } from '../../../projector/schemas/migrate.ts';
import { migrate } from '../../../shared/adapters/postgres/migrate.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS as DAY } from '../../../shared/calendar.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { type EndFacts, type EndNotice, noticeDue } from '../../../shared/subscription-end.ts';
import { createDatabase, type TestDatabase } from '../../support/servers/databases.ts';

const NOW = Date.UTC(2026, 5, 15, 12);

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  const logger = createLogger({ service: 'test', level: 'silent' });
  pool = createPool({ connectionString: database.url, applicationName: 'test', max: 2, logger });
  await migrate({ pool, schema: 'read_model', migrations: await readModelMigrations() });
});
afterAll(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
});

const USER = `
INSERT INTO read_model.users (user_id, status, subscription_id, subscription_start_date, counting, credentials_revision,
  ended_token_ids, revision, position_commit, position_prepare, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, 0, '{}', 1, 1, 1, $4, $4)`;

const SUBSCRIPTION = `
INSERT INTO read_model.subscriptions (subscription_id, user_id, product, plan_type, terms, suspended, cancelled, start_date, end_date,
  end_notice, created_at, updated_at)
VALUES ($1, $2, $3, 'pro', $4, $5, $6, $7, $8, $9, $10, $11)`;

interface Case extends EndFacts {
  readonly product: string;
  readonly counts: boolean;
  readonly status: 'active' | 'erased';
}

/** Around the instants at which something changes, to the hour; not longer ago than the longest grace. */
const end = fc
  .constantFrom(-360, -40, -31, -8, -7, -1, 0, 1, 7, 8)
  .chain((days) => fc.constantFrom(-1, 0, 1).map((hours) => NOW + days * DAY + hours * 3_600_000));

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    endDate: end,
    length: fc.constantFrom(0.5, 1, 2, 7, 8, 30),
    graceDays: fc.constantFrom(0, 7, 30),
    suspended: fc.constantFrom(false, false, false, true),
    cancelled: fc.boolean(),
    endNotice: fc.constantFrom<EndNotice>('none', 'week', 'day', 'lapsed'),
    changedAgo: fc.constantFrom(undefined, 0, 6, 8, 40),
    product: fc.constantFrom('app', 'studio'),
    counts: fc.constantFrom(true, true, true, false),
    status: fc.constantFrom<Case['status']>('active', 'active', 'active', 'erased'),
  })
  .map(({ length, changedAgo, ...facts }) => {
    const startDate = facts.endDate - length * DAY;
    const createdAt = Math.min(startDate, NOW - 41 * DAY);
    return {
      ...facts,
      startDate,
      createdAt,
      updatedAt: changedAgo === undefined ? createdAt : NOW - changedAgo * DAY,
    };
  });

let ids = 0;
async function insert(one: Case): Promise<string> {
  ids += 1;
  const random = new Uint8Array(10);
  new DataView(random.buffer).setUint32(4, ids);
  const id = uuidv7(one.startDate, random);
  const userId = uuidv7(NOW, random);
  const date = (at: number) => new Date(at);
  const start = date(one.startDate);
  const counting = one.counts ? id : uuidv7(0, random);
  const isFirst = one.product === 'app';
  const others = isFirst ? {} : { [one.product]: { id: counting, start } };
  await pool.query(USER, [userId, one.status, isFirst ? counting : null, start, others]);
  await pool.query(SUBSCRIPTION, [
    ...[id, userId, one.product, { graceDays: one.graceDays }, one.suspended, one.cancelled],
    ...[start, date(one.endDate), one.endNotice, date(one.createdAt), date(one.updatedAt)],
  ]);
  return id;
}

it('finds exactly what the decider would tell of, in pages', async () => {
  const cases = fc.sample(anyCase, { numRuns: 600, seed: 11 });
  const expected = new Map<string, string>();
  for (const one of cases) {
    const id = await insert(one);
    const due = one.counts && one.status === 'active' ? noticeDue(one, NOW) : undefined;
    if (due) expected.set(id, due);
  }
  const found = new Map<string, string>();
  for await (const ends of findEnds(pool, NOW, 7)) {
    for (const { subscriptionId, notice } of ends) {
      expect(found.has(subscriptionId)).toBe(false);
      found.set(subscriptionId, notice);
    }
  }
  expect(found).toEqual(expected);
  expect(new Set(expected.values())).toEqual(new Set(['week', 'day', 'lapsed']));
});

/** Rows of subscriptions that a plan has read, also those that it then left out. */
function rowsRead(plan: Record<string, unknown>): number {
  const inner = (plan.Plans ?? []) as Record<string, unknown>[];
  const isScan = String(plan['Relation Name'] ?? '').startsWith('subscriptions');
  const own = Number(plan['Actual Rows']) + Number(plan['Rows Removed by Filter'] ?? 0);
  return (
    (isScan ? own * Number(plan['Actual Loops']) : 0) + inner.reduce((sum, one) => sum + rowsRead(one), 0)
  );
}

it('reads neither what ended long ago nor, for a page, all that is due', async () => {
  const many = 'generate_series(1, 20000) AS i';
  const terms = `'{"graceDays": 7}'::jsonb`;
  await pool.query(
    `
    WITH made AS (
      INSERT INTO read_model.users (user_id, status, subscription_id, credentials_revision, ended_token_ids, revision,
        position_commit, position_prepare, created_at, updated_at)
      SELECT md5('u' || i)::uuid, 'active', md5('s' || i)::uuid, 0, '{}', 1, 1, 1, now(), now() FROM ${many})
    INSERT INTO read_model.subscriptions (subscription_id, user_id, product, plan_type, terms, suspended, cancelled, start_date,
      end_date, end_notice, created_at, updated_at)
    SELECT md5('s' || i)::uuid, md5('u' || i)::uuid, 'app', 'pro', ${terms}, false, false, ended - interval '30 days', ended,
      'none', ended - interval '30 days', ended - interval '30 days'
    FROM (SELECT i, $1::timestamptz + i * interval '1 second' + CASE WHEN i % 2 = 0 THEN interval '2 days' ELSE interval '-90 days' END
      AS ended FROM ${many}) AS one`,
    [new Date(NOW)],
  );
  await pool.query('ANALYZE read_model.subscriptions');
  await pool.query('ANALYZE read_model.users');
  const read: number[] = [];
  const explaining = {
    async query(text: string, values: unknown[]) {
      const { rows } = await pool.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
      read.push(rowsRead(rows[0]['QUERY PLAN'][0].Plan));
      return pool.query(text, values);
    },
  } as unknown as Pool;
  let pages = 0;
  for await (const _ends of findEnds(explaining, NOW, 500)) if (++pages === 4) break;
  for await (const _ends of findEnds(explaining, NOW, 5_000));
  expect(pages).toBe(4);
  expect(Math.max(...read.slice(0, 4))).toBeLessThan(2_000);
  expect(read.at(-1)).toBeLessThan(2_000);
});
