import { chunked } from '../../../shared/adapters/postgres/chunked.ts';
import { copyRows } from '../../../shared/adapters/postgres/copy.ts';
import type { PoolClient, Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { fullTerms } from '../../../shared/events/schemas/terms.ts';
import { timeOfUuidv7 } from '../../../shared/ids.ts';
import { type Subscription, subscriptionRow } from '../../../shared/read-model/fold/subscription.ts';
import type { WrittenSubscriptionRow } from '../../../shared/read-model/rows.ts';
import type { RowsToSave } from '../batch/batch-rows.ts';

/** With the start date that the id names, so that one partition is touched for each. */
const LOAD = `
SELECT s.subscription_id, s.user_id, s.product, s.plan_type, s.terms, s.quantity, s.trial, s.suspended, s.cancelled, s.cancelled_by,
  s.start_date, s.end_date,
  s.external_id, s.end_notice, s.created_at, s.updated_at
FROM unnest($1::uuid[], $2::timestamptz[]) AS wanted (subscription_id, start_date)
JOIN subscriptions s USING (subscription_id, start_date)`;

const LOAD_ANYWHERE = `
SELECT subscription_id, user_id, product, plan_type, terms, quantity, trial, suspended, cancelled, cancelled_by, start_date, end_date,
  external_id, end_notice, created_at, updated_at
FROM subscriptions WHERE subscription_id = ANY ($1::uuid[])`;

/** The rows of these subscriptions, of those that have one. */
export async function loadSubscriptions(db: Queryable, ids: readonly string[]): Promise<Subscription[]> {
  if (ids.length === 0) return [];
  const dates = ids.map((id) => new Date(timeOfUuidv7(id) ?? 0));
  const { rows } = await db.query<WrittenSubscriptionRow>({
    name: 'subscriptions_load',
    text: LOAD,
    values: [ids, dates],
  });
  // An id that does not name its date was made by somebody else's program: rare enough for a look everywhere.
  const found = new Set(rows.map((row) => row.subscription_id));
  const others = ids.filter((id) => !found.has(id));
  if (others.length > 0) rows.push(...(await db.query<WrittenSubscriptionRow>(LOAD_ANYWHERE, [others])).rows);
  return rows.map((row) => ({
    subscriptionId: row.subscription_id,
    userId: row.user_id,
    product: row.product,
    plan: row.plan_type,
    terms: fullTerms(row.terms),
    quantity: row.quantity,
    trial: row.trial,
    suspended: row.suspended,
    cancelled: row.cancelled,
    cancelledBy: row.cancelled ? row.cancelled_by : null,
    startDate: row.start_date.getTime(),
    endDate: row.end_date.getTime(),
    externalId: row.external_id,
    endNotice: row.end_notice,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  }));
}

const SAVE = `
INSERT INTO subscriptions (subscription_id, user_id, product, plan_type, terms, quantity, trial, suspended, cancelled, cancelled_by, start_date, end_date,
  external_id, end_notice, created_at, updated_at)
SELECT subscription_id, user_id, product, plan_type, terms, quantity, trial, suspended, cancelled, cancelled_by, start_date, end_date, external_id,
  end_notice, created_at, updated_at
FROM json_to_recordset($1) AS row (subscription_id uuid, user_id uuid, product text, plan_type text, terms jsonb,
  quantity integer, trial boolean,
  suspended boolean, cancelled boolean, cancelled_by text, start_date timestamptz, end_date timestamptz, external_id text,
  end_notice text, created_at timestamptz, updated_at timestamptz)
ON CONFLICT (subscription_id, start_date) DO UPDATE SET plan_type = excluded.plan_type, terms = excluded.terms,
  quantity = excluded.quantity,
  suspended = excluded.suspended, cancelled = excluded.cancelled, cancelled_by = excluded.cancelled_by,
  end_date = excluded.end_date, end_notice = excluded.end_notice,
  updated_at = excluded.updated_at`;

const COLUMNS = [
  'subscription_id',
  'user_id',
  'product',
  'plan_type',
  'terms',
  'quantity',
  'trial',
  'suspended',
  'cancelled',
  'cancelled_by',
  'start_date',
  'end_date',
  'external_id',
  'end_notice',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof WrittenSubscriptionRow)[];

export async function saveSubscriptions(
  client: PoolClient,
  { made, changed }: RowsToSave<Subscription>,
): Promise<void> {
  await copyRows(client, 'subscriptions', COLUMNS, made.values().map(subscriptionRow));
  for (const some of chunked(changed)) {
    const values = [JSON.stringify(some.map(subscriptionRow))];
    await client.query({ name: 'subscriptions_save', text: SAVE, values });
  }
}
