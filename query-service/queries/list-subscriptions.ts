import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { uuidv7 } from '../../shared/ids.ts';
import { SUBSCRIPTION_COLUMNS, type SubscriptionRow } from '../../shared/read-model/rows.ts';
import type { SubscriptionStatus } from '../../shared/subscription-status.ts';

export interface SubscriptionFilter {
  readonly status?: SubscriptionStatus | undefined;
  readonly product?: string | undefined;
  readonly plan?: string | undefined;
  /** Milliseconds since 1970; the instant itself is left out. */
  readonly endsBefore?: number | undefined;
}

/** A place in the list: behind the subscription that ends then and has this id. */
export interface SubscriptionCursor {
  readonly endDate: number;
  readonly subscriptionId: string;
}

/** As the index has it, whose order is: stored status, days of grace, end date, id. */
const GRACE_DAYS = "(s.terms ->> 'graceDays')::integer";
/** When those of a kind that end now have ended: a day is 24 hours, whatever the session's time zone. */
const graceBegan = (now: string) => `${now}::timestamptz - kind.grace_days * interval '24 hours'`;

/** The least id of what starts then: ids carry the start date, and the primary key begins with them. */
const firstId = (at: number) => uuidv7(at, new Uint8Array(10));

/** Names a value in the statement. */
type Value = (one: Date | string) => string;

/** What is stored of each status that is shown (the others follow from the dates), and what the dates are then. */
const SHOWN_AS: Readonly<
  Record<
    SubscriptionStatus,
    { readonly stored: string; readonly dates?: (now: string, value: Value, at: number) => string }
  >
> = {
  suspended: { stored: 'suspended' },
  cancelled: { stored: 'cancelled' },
  scheduled: {
    stored: 'active',
    dates: (now, value, at) => `s.start_date > ${now} AND s.subscription_id >= ${value(firstId(at))}::uuid`,
  },
  active: { stored: 'active', dates: (now) => `s.start_date <= ${now} AND s.end_date > ${now}` },
  grace: { stored: 'active', dates: (now) => `s.end_date <= ${now} AND s.end_date > ${graceBegan(now)}` },
  expired: { stored: 'active', dates: (now) => `s.end_date <= ${graceBegan(now)}` },
};

/** All that are stored. */
const STORED = ['active', 'suspended', 'cancelled'];

/** The days of grace that there are among those of each stored status: a look into the index for each, and no more. */
const kinds = (stored: string) => `
WITH RECURSIVE kind (status, grace_days) AS (
  SELECT stored.status, (
    SELECT min(${GRACE_DAYS}) FROM read_model.subscriptions s WHERE s.status = stored.status
  ) FROM unnest(${stored}::text[]) AS stored (status)
  UNION ALL
  SELECT kind.status, (
    SELECT min(${GRACE_DAYS}) FROM read_model.subscriptions s
    WHERE s.status = kind.status AND ${GRACE_DAYS} > kind.grace_days
  ) FROM kind WHERE kind.grace_days IS NOT NULL
)`;

const COLUMNS = SUBSCRIPTION_COLUMNS.map((column) => `s.${column}`).join(', ');

/**
 * Subscriptions that all given filters match, by end date and id, from behind the cursor on; at most `limit`. For each
 * stored status and number of days of grace the index is read in its order, and no further than the page (but for what of a
 * filter it does not have).
 * @param now as of when statuses are: milliseconds since 1970
 */
export async function listSubscriptions(
  db: Queryable,
  filter: SubscriptionFilter,
  page: { readonly after: SubscriptionCursor | undefined; readonly limit: number },
  now: number,
): Promise<SubscriptionRow[]> {
  const values: unknown[] = [];
  const value = (one: unknown): string => `$${values.push(one)}`;
  const shown = filter.status && SHOWN_AS[filter.status];
  const stored = value(shown ? [shown.stored] : STORED);
  const conditions = ['s.status = kind.status', `${GRACE_DAYS} = kind.grace_days`];
  if (shown?.dates) conditions.push(shown.dates(value(new Date(now)), value, now));
  if (filter.product !== undefined) conditions.push(`s.product = ${value(filter.product)}`);
  if (filter.plan !== undefined) conditions.push(`s.plan_type = ${value(filter.plan)}`);
  if (filter.endsBefore !== undefined) conditions.push(`s.end_date < ${value(new Date(filter.endsBefore))}`);
  if (page.after) {
    const { endDate, subscriptionId } = page.after;
    conditions.push(
      `(s.end_date, s.subscription_id) > (${value(new Date(endDate))}, ${value(subscriptionId)}::uuid)`,
    );
  }
  const limit = value(page.limit);
  const { rows } = await db.query<SubscriptionRow>(
    `${kinds(stored)}
SELECT ${COLUMNS} FROM kind
CROSS JOIN LATERAL (
  SELECT ${COLUMNS} FROM read_model.subscriptions s
  WHERE ${conditions.join(' AND ')}
  ORDER BY s.end_date, s.subscription_id LIMIT ${limit}
) s
ORDER BY s.end_date, s.subscription_id LIMIT ${limit}`,
    values,
  );
  return rows;
}
