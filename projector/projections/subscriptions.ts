import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { Terms } from '../../shared/events/terms.ts';
import type { UserEvent } from '../../shared/events/types.ts';
import { timeOfUuidv7 } from '../../shared/ids.ts';
import type { SubscriptionRow } from '../../shared/read-model/rows.ts';
import { ProjectionFault } from '../errors.ts';

/** A row of `subscriptions`. Instants are milliseconds since 1970. Replaced, never changed. */
export interface Subscription {
  readonly subscriptionId: string;
  readonly userId: string;
  readonly plan: string;
  readonly terms: Terms;
  readonly suspended: boolean;
  readonly cancelled: boolean;
  readonly startDate: number;
  readonly endDate: number;
  readonly externalId: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type SubscriptionEvent = Extract<UserEvent, { type: `Subscription${string}` }>;

/** @throws ProjectionFault the user has no such subscription */
export function projectSubscription(
  before: Subscription | undefined,
  { type, data }: SubscriptionEvent,
  at: number,
): Subscription {
  if (type === 'SubscriptionStarted') {
    return {
      subscriptionId: data.subscriptionId,
      userId: data.userId,
      plan: data.plan,
      terms: data.terms,
      suspended: false,
      cancelled: false,
      startDate: Date.parse(data.startDate),
      endDate: Date.parse(data.endDate),
      externalId: data.externalId ?? null,
      createdAt: at,
      updatedAt: at,
    };
  }
  if (before?.userId !== data.userId) throw new ProjectionFault('its user has no such subscription');
  const changed = { ...before, updatedAt: at };
  switch (type) {
    case 'SubscriptionRenewed':
      return { ...changed, endDate: Date.parse(data.endDate), cancelled: false };
    case 'SubscriptionPlanChanged':
      return { ...changed, plan: data.plan, terms: data.terms };
    case 'SubscriptionSuspended':
      return { ...changed, suspended: true };
    case 'SubscriptionReinstated':
      return { ...changed, suspended: false };
    case 'SubscriptionCancelled':
      return { ...changed, endDate: Date.parse(data.endDate), cancelled: true };
    default:
      return type satisfies never;
  }
}

/** With the start date that the id names, so that one partition is touched for each. */
const LOAD = `
SELECT s.subscription_id, s.user_id, s.plan_type, s.terms, s.suspended, s.cancelled, s.start_date, s.end_date,
  s.external_id, s.created_at, s.updated_at
FROM unnest($1::uuid[], $2::timestamptz[]) AS wanted (subscription_id, start_date)
JOIN subscriptions s USING (subscription_id, start_date)`;

const LOAD_ANYWHERE = `
SELECT subscription_id, user_id, plan_type, terms, suspended, cancelled, start_date, end_date,
  external_id, created_at, updated_at
FROM subscriptions WHERE subscription_id = ANY ($1::uuid[])`;

/** The rows of these subscriptions, of those that have one. */
export async function loadSubscriptions(db: Queryable, ids: readonly string[]): Promise<Subscription[]> {
  if (ids.length === 0) return [];
  const dates = ids.map((id) => new Date(timeOfUuidv7(id) ?? 0));
  const { rows } = await db.query<SubscriptionRow>({
    name: 'subscriptions_load',
    text: LOAD,
    values: [ids, dates],
  });
  // An id that does not name its date was made by somebody else's program: rare enough for a look everywhere.
  const found = new Set(rows.map((row) => row.subscription_id));
  const others = ids.filter((id) => !found.has(id));
  if (others.length > 0) rows.push(...(await db.query<SubscriptionRow>(LOAD_ANYWHERE, [others])).rows);
  return rows.map((row) => ({
    subscriptionId: row.subscription_id,
    userId: row.user_id,
    plan: row.plan_type,
    terms: row.terms,
    suspended: row.suspended,
    cancelled: row.cancelled,
    startDate: row.start_date.getTime(),
    endDate: row.end_date.getTime(),
    externalId: row.external_id,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  }));
}

const SAVE = `
INSERT INTO subscriptions (subscription_id, user_id, plan_type, terms, suspended, cancelled, start_date, end_date,
  external_id, created_at, updated_at)
SELECT subscription_id, user_id, plan_type, terms, suspended, cancelled, start_date, end_date, external_id,
  created_at, updated_at
FROM json_to_recordset($1) AS row (subscription_id uuid, user_id uuid, plan_type text, terms jsonb,
  suspended boolean, cancelled boolean, start_date timestamptz, end_date timestamptz, external_id text,
  created_at timestamptz, updated_at timestamptz)
ON CONFLICT (subscription_id, start_date) DO UPDATE SET plan_type = excluded.plan_type, terms = excluded.terms,
  suspended = excluded.suspended, cancelled = excluded.cancelled, end_date = excluded.end_date,
  updated_at = excluded.updated_at`;

export async function saveSubscriptions(db: Queryable, subscriptions: Iterable<Subscription>): Promise<void> {
  const rows = Array.from(subscriptions, (subscription) => ({
    subscription_id: subscription.subscriptionId,
    user_id: subscription.userId,
    plan_type: subscription.plan,
    terms: subscription.terms,
    suspended: subscription.suspended,
    cancelled: subscription.cancelled,
    start_date: new Date(subscription.startDate),
    end_date: new Date(subscription.endDate),
    external_id: subscription.externalId,
    created_at: new Date(subscription.createdAt),
    updated_at: new Date(subscription.updatedAt),
  }));
  if (rows.length > 0)
    await db.query({ name: 'subscriptions_save', text: SAVE, values: [JSON.stringify(rows)] });
}
