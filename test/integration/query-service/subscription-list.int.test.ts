import { beforeAll, describe, expect, it } from 'vitest';
import type { QueryService } from '../../../query-service/app.ts';
import {
  listSubscriptions,
  type SubscriptionCursor,
  type SubscriptionFilter,
} from '../../../query-service/queries/list-subscriptions.ts';
import { LOOKUP_SETTINGS } from '../../../query-service/queries/lookup-settings.ts';
import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { ask } from '../../support/requests/api.ts';
import { useSystem } from './system.ts';

const system = useSystem();
const DAY = 86_400_000;
/** Tokens are good now, so it is the node's time too. */
const NOW = Date.now();
/** Start and end in days from now; seven days of grace unless said. */
const SUBSCRIPTIONS: readonly (readonly [
  name: string,
  start: number,
  end: number,
  facts: string,
  graceDays?: number,
])[] = [
  ['expired', -60, -7, ''],
  ['cancelled-and-over', -60, -30, 'cancelled = true'],
  ['grace', -60, -6.999, ''],
  ['grace-2', -60, 0, ''],
  ['grace-of-a-month', -60, -29.999, '', 30],
  ['expired-after-a-month', -60, -30, '', 30],
  ['expired-without-grace', -60, 0, '', 0],
  ['active', 0, 30, ''],
  ['active-2', -60, 0.001, ''],
  ['scheduled', 0.001, 30, ''],
  ['scheduled-next-year', 300, 600, ''],
  ['cancelled', -60, 20, 'cancelled = true'],
  ['suspended', -60, -20, 'suspended = true'],
  ['suspended-2', -60, 20, 'suspended = true, cancelled = true'],
];

let node: QueryService;
let operator: string;
const nameOf = new Map<string, string>();
beforeAll(async () => {
  system.it.projector.start();
  const { readModel } = system.it;
  for (const [i, [name, start, end, facts, graceDays = 7]] of SUBSCRIPTIONS.entries()) {
    const dates = { startDate: new Date(NOW + start * DAY), endDate: new Date(NOW + end * DAY) };
    const user = await readModel.addUser({ plan: i % 2 ? 'pro' : 'basic', ...dates });
    nameOf.set(user.subscriptionId, name);
    const set = `product = '${i % 3 ? 'app' : 'pdf'}', terms = terms || '{"graceDays": ${graceDays}}'${facts && `, ${facts}`}`;
    await readModel.query(`UPDATE read_model.subscriptions SET ${set} WHERE user_id = $1`, [user.userId]);
  }
  node = await system.it.startNode({ clock: () => NOW });
  operator = await system.it.accessToken('ops', 'operator');
});

interface Listed {
  readonly subscription_id: string;
  readonly status: string;
  readonly end_date: string;
}

/** All that match, page by page. */
async function list(query: string, limit = 2): Promise<Listed[]> {
  const all: Listed[] = [];
  for (let cursor: unknown; cursor !== null; ) {
    const after = cursor === undefined ? '' : `&cursor=${cursor}`;
    const { status, body } = await ask(node.url, `/v1/subscriptions?limit=${limit}${after}&${query}`, {
      token: operator,
    });
    expect(status).toBe(200);
    const items = body.items as Listed[];
    expect(items.length).toBeLessThanOrEqual(limit);
    all.push(...items);
    cursor = body.next_cursor;
  }
  return all;
}

const names = (listed: readonly Listed[]) => listed.map(({ subscription_id: id }) => nameOf.get(id)).sort();

describe('the list of subscriptions', () => {
  it.each(['scheduled', 'active', 'grace', 'suspended', 'cancelled', 'expired'])(
    'has those that are shown as %s, and no others',
    async (status) => {
      const listed = await list(`status=${status}`);
      expect(names(listed)).toEqual([...nameOf.values()].filter((name) => name.startsWith(status)).sort());
      expect(new Set(listed.map((one) => one.status))).toEqual(new Set([status]));
    },
  );

  it('has all of them by end date, page by page, each once', async () => {
    for (const limit of [1, 3, 100]) {
      const listed = await list('', limit);
      expect(names(listed)).toEqual([...nameOf.values()].sort());
      const ends = listed.map(({ end_date: end }) => end);
      expect(ends).toEqual(ends.toSorted());
    }
  });

  it('by product, plan and end', async () => {
    const index = new Map(SUBSCRIPTIONS.map(([name], i) => [name, i]));
    const those = (is: (i: number) => boolean) =>
      [...nameOf.values()].filter((name) => is(index.get(name) as number)).sort();
    expect(names(await list('product=pdf'))).toEqual(those((i) => i % 3 === 0));
    expect(names(await list('plan=pro&product=app'))).toEqual(those((i) => i % 2 === 1 && i % 3 !== 0));
    const at = encodeURIComponent(new Date(NOW).toISOString());
    expect(names(await list(`ends_before=${at}`))).toEqual(
      those((i) => (SUBSCRIPTIONS[i]?.[2] as number) < 0),
    );
    expect(await list('product=nothing')).toEqual([]);
  });

  it('is for staff who may read customers', async () => {
    const analyst = await system.it.accessToken('ana', 'analyst');
    const refused = await ask(node.url, '/v1/subscriptions', { token: analyst });
    expect(refused).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
    for (const query of ['status=over', 'cursor=1', 'ends_before=tomorrow', 'product=PDF', 'limit=0']) {
      const wrong = await ask(node.url, `/v1/subscriptions?${query}`, { token: operator });
      expect(wrong).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: `?${query.split('=')[0]}` }] },
      });
    }
  });
});

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows of subscriptions that were looked at. */
const looked = (plan: PlanNode): number => {
  const own = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  const below = (plan.Plans ?? []).reduce((sum, each) => sum + looked(each), 0);
  return (plan['Relation Name']?.startsWith('subscriptions') ? own : 0) + below;
};

describe('a page of many', () => {
  beforeAll(async () => {
    await system.it.readModel.query(
      `INSERT INTO read_model.subscriptions (subscription_id, user_id, plan_type, terms, suspended, cancelled, start_date,
         end_date, created_at, updated_at)
       SELECT gen_random_uuid(), gen_random_uuid(), 'pro', jsonb_build_object('graceDays', n % 3), false, n % 4 = 0,
         $1::timestamptz - n * interval '1 hour', $1::timestamptz + (5000 - n) * interval '1 hour', now(), now()
       FROM generate_series(1, 10000) n`,
      [new Date(NOW)],
    );
    await system.it.readModel.query('ANALYZE read_model.subscriptions');
  });

  const LAST = { endDate: NOW - 100 * DAY, subscriptionId: '00000000-0000-7000-8000-000000000000' };
  it.each<[string, SubscriptionFilter, SubscriptionCursor?]>([
    ['all', {}],
    ['all, further on', {}, LAST],
    ['active', { status: 'active' }],
    ['expired', { status: 'expired' }],
    ['expired, further on', { status: 'expired' }, LAST],
    ['in grace', { status: 'grace' }],
    ['in grace, further on', { status: 'grace' }, { ...LAST, endDate: NOW - DAY }],
    ['cancelled', { status: 'cancelled', product: 'app' }, LAST],
    ['ending soon', { status: 'active', endsBefore: NOW + DAY }],
  ])('%s: the index is read no further than the page', async (_name, filter, after) => {
    let seen = 0;
    const explaining: Queryable = {
      async query(text: string, values: unknown[]) {
        await client.query('BEGIN');
        for (const [name, value] of Object.entries(LOOKUP_SETTINGS))
          await client.query(`SET LOCAL ${name} = ${value}`);
        const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values);
        await client.query('ROLLBACK');
        seen = looked(rows[0]['QUERY PLAN'][0].Plan);
        return { rows: [] };
      },
    } as unknown as Queryable;
    const client = await system.it.pool.connect();
    try {
      await listSubscriptions(explaining, filter, { after, limit: 10 }, NOW);
    } finally {
      client.release();
    }
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(300);
  });
});
