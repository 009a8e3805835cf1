import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Terms } from '../../../shared/events/schemas/terms.ts';
import type { Side, SubscriptionStatus } from '../../../shared/subscription-status.ts';
import { Known } from '../intervals/interval.ts';
import type { SubscriptionState } from '../intervals/subscription.ts';
import { lookUp, StateRows } from './state-rows.ts';
import { instantOf, intervalOf, type ReadStateTable, timeOf } from './state-table.ts';

/** What the rows don't say of terms: nothing here depends on it. */
const NOT_SHOWN = {
  entitlements: [],
  onExpiry: 'restrict',
  leaseHours: 1,
  validationsPerMinute: 1,
  replacementsPerMonth: null,
} as const satisfies Partial<Terms>;

const TABLE: ReadStateTable<SubscriptionState> = {
  name: 'subscription_states',
  id: 'subscription_id',
  endsLast: false,
  columns: [
    'user_id',
    'subscription_id',
    'product',
    'plan_type',
    'quantity',
    'places',
    'trial',
    'status',
    'suspended',
    'cancelled',
    'cancelled_by',
    'customer_erased',
    'price',
    'price_months',
    'currency',
    'mrr',
    'mrr_before',
    'currency_before',
    'end_date_before',
    'start_date',
    'end_date',
    'grace_days',
    'external_id',
  ],
  values: ({ subscription, customerErased, status, mrr, before }) => {
    const { terms, quantity } = subscription;
    return {
      user_id: subscription.userId,
      subscription_id: subscription.subscriptionId,
      product: subscription.product,
      plan_type: subscription.plan,
      quantity,
      places: terms.maxClients * quantity,
      trial: subscription.trial,
      status,
      suspended: subscription.suspended,
      cancelled: subscription.cancelled,
      cancelled_by: subscription.cancelledBy,
      customer_erased: customerErased,
      price: terms.price?.amount ?? null,
      price_months: terms.price?.months ?? null,
      currency: terms.price?.currency ?? null,
      mrr,
      mrr_before: before.mrr,
      currency_before: before.currency,
      end_date_before: before.endDate === null ? null : timeOf(before.endDate),
      start_date: timeOf(subscription.startDate),
      end_date: timeOf(subscription.endDate),
      grace_days: terms.graceDays,
      external_id: subscription.externalId,
    };
  },
  state: (row, cause) => ({
    subscription: {
      userId: row.user_id as string,
      subscriptionId: row.subscription_id as string,
      product: row.product as string,
      plan: row.plan_type as string,
      quantity: row.quantity as number,
      terms: {
        ...NOT_SHOWN,
        entitlements: [],
        maxClients: Number(row.places) / (row.quantity as number),
        graceDays: row.grace_days as number,
        price:
          row.price === null
            ? null
            : {
                amount: Number(row.price),
                months: row.price_months as number,
                currency: row.currency as string,
              },
      },
      trial: row.trial as boolean,
      suspended: row.suspended as boolean,
      cancelled: row.cancelled as boolean,
      cancelledBy: row.cancelled_by as Side | null,
      startDate: instantOf(row.start_date),
      endDate: instantOf(row.end_date),
      externalId: row.external_id as string | null,
      endNotice: 'none',
      createdAt: 0,
      updatedAt: 0,
    },
    customerErased: row.customer_erased as boolean,
    status: row.status as SubscriptionStatus,
    mrr: BigInt(row.mrr as string),
    before: {
      mrr: BigInt(row.mrr_before as string),
      currency: row.currency_before as string | null,
      endDate: row.end_date_before === null ? null : instantOf(row.end_date_before),
    },
    cause,
  }),
};

export const subscriptionStates = new StateRows(TABLE);

/** A subscription of which it is to be known what holds from an instant on. */
export interface Wanted {
  readonly userId: string;
  readonly subscriptionId: string;
  readonly from: number;
}

const SINCE = "t.valid_to >= to_timestamp(given.since / 1000.0) AND t.known_to = 'infinity'";

const LOAD = `${lookUp(
  'subscription_states',
  subscriptionStates.columns,
  'unnest($1::uuid[], $2::uuid[], $3::float8[]) AS given (user_id, subscription_id, since)',
  `t.user_id = given.user_id AND t.subscription_id = given.subscription_id AND ${SINCE}`,
)} ORDER BY t.valid_from`;

/** What is known of these subscriptions, and the row that ends at that instant. */
export async function loadSubscriptionStates(
  db: Queryable,
  wanted: readonly Wanted[],
): Promise<Map<string, Known<SubscriptionState>>> {
  if (wanted.length === 0) return new Map();
  const values = [
    wanted.map(({ userId }) => userId),
    wanted.map(({ subscriptionId }) => subscriptionId),
    wanted.map(({ from }) => from),
  ];
  const { rows } = await db.query({ name: 'subscription_states_load', text: LOAD, values });
  return bySubscription(rows);
}

const LOAD_ALL = `${lookUp(
  'subscription_states',
  subscriptionStates.columns,
  'unnest($1::uuid[], $2::float8[]) AS given (user_id, since)',
  `t.user_id = given.user_id AND ${SINCE}`,
)} ORDER BY t.valid_from`;

/** What is known of all subscriptions of these users, from an instant on. */
export async function loadSubscriptionsOf(
  db: Queryable,
  users: ReadonlyMap<string, number>,
): Promise<Map<string, Known<SubscriptionState>>> {
  if (users.size === 0) return new Map();
  const { rows } = await db.query(LOAD_ALL, [[...users.keys()], [...users.values()]]);
  return bySubscription(rows);
}

function bySubscription(rows: readonly Readonly<Record<string, unknown>>[]) {
  const intervals = rows.map((row) => intervalOf(TABLE, row));
  const known = Map.groupBy(intervals, ({ state }) => state.subscription.subscriptionId);
  return new Map(Array.from(known, ([id, own]) => [id, new Known(own)]));
}
