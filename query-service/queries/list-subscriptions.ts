import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
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

/** A day of 24 hours, whatever the session's time zone. */
const GRACE_END = "s.end_date + (s.terms ->> 'graceDays')::integer * interval '24 hours'";
/** The longest grace that terms can give: what ended before has none left, and what ended since is looked through. */
const LONGEST_GRACE = "interval '24 hours' * 365";

/** What is stored of each status that is shown (the others follow from the dates), and what the dates are then. */
const SHOWN_AS: Readonly<
  Record<SubscriptionStatus, { readonly stored: string; readonly dates?: (now: string) => string }>
> = {
  suspended: { stored: 'suspended' },
  cancelled: { stored: 'cancelled' },
  scheduled: { stored: 'active', dates: (now) => `s.start_date > ${now}` },
  active: { stored: 'active', dates: (now) => `s.start_date <= ${now} AND s.end_date > ${now}` },
  grace: {
    stored: 'active',
    dates: (now) =>
      `s.end_date <= ${now} AND s.end_date > ${now}::timestamptz - ${LONGEST_GRACE} AND ${GRACE_END} > ${now}`,
  },
  expired: { stored: 'active', dates: (now) => `s.end_date <= ${now} AND ${GRACE_END} <= ${now}` },
};

/** All that are stored. */
const STORED = ['active', 'suspended', 'cancelled'];

const COLUMNS = SUBSCRIPTION_COLUMNS.map((column) => `s.${column}`).join(', ');

/**
 * Subscriptions that all given filters match, by end date and id, from behind the cursor on; at most `limit`. For each
 * stored status the index is read in its order, and no further than the page (but for what of a filter it does not have).
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
  const conditions = ['s.status = stored.status'];
  if (shown?.dates) conditions.push(shown.dates(value(new Date(now))));
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
    `
SELECT ${COLUMNS} FROM unnest(${stored}::text[]) AS stored (status)
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
