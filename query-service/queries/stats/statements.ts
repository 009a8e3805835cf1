import type { Terms } from '../../../shared/events/schemas/terms.ts';

/*
 * Every statement reads its table once, from the first row to the last: what runs is most of what there is, and an index on it
 * would be paid for by every change. $1 is now.
 */

/** An erased customer's subscriptions stay as their events left them, and count for nothing. */
const NOT_ERASED =
  "NOT EXISTS (SELECT FROM read_model.users u WHERE u.user_id = s.user_id AND u.status = 'erased')";

const PRICE = "s.terms -> 'price'";

/** {@link isRunningAt} of shared/subscription-status.ts; how it runs, as `active_subscriptions` of docs/metrics.md has it. */
const RUNNING = `
  SELECT s.user_id, s.product, s.plan_type, s.trial, s.quantity, ${PRICE} AS price,
    (s.terms ->> 'maxClients')::bigint * s.quantity AS places,
    CASE WHEN s.cancelled THEN 'cancelled' WHEN s.end_date > $1 THEN 'active' ELSE 'grace' END AS runs
  FROM read_model.subscriptions s
  WHERE NOT s.suspended AND s.start_date <= $1 AND (s.end_date > $1 OR (
      NOT s.cancelled AND s.end_date + (s.terms ->> 'graceDays')::integer * interval '24 hours' > $1
    )) AND ${NOT_ERASED}`;

/** What runs, alike in everything that decides its figures. */
export interface RunningGroup {
  readonly product: string;
  readonly plan: string;
  readonly trial: boolean;
  readonly quantity: number;
  readonly price: Terms['price'];
  readonly runs: 'active' | 'grace' | 'cancelled';
  readonly count: number;
  readonly places: number;
}

export const RUNNING_GROUPS = `
SELECT product, plan_type AS plan, trial, quantity, price, runs, count(*)::float8 AS count, sum(places)::float8 AS places
FROM (${RUNNING}) running
GROUP BY product, plan_type, trial, quantity, price, runs
ORDER BY product, plan_type, trial, quantity, price, runs`;

/**
 * Customers of all products together: who has several is one. Of one product a customer has one subscription that runs at most,
 * so those of each follow from {@link RUNNING_GROUPS}. Paying is what is worth at least half a minor unit a month.
 */
export const CUSTOMERS_OF_ALL = `
SELECT count(*)::float8 AS "all", count(*) FILTER (WHERE paying)::float8 AS paying,
  count(*) FILTER (WHERE NOT paying AND trying)::float8 AS trying
FROM (
  SELECT bool_or(trial) AS trying, bool_or(NOT trial AND coalesce(
    2 * (price ->> 'amount')::bigint * quantity >= (price ->> 'months')::integer, false)) AS paying
  FROM (${RUNNING}) running GROUP BY user_id
) customers`;

export interface SeatsUsed {
  readonly product: string;
  readonly plan: string;
  readonly trial: boolean;
  readonly used: number;
}

export const SEATS_USED = `
SELECT s.product, s.plan_type AS plan, s.trial, count(*)::float8 AS used
FROM (${RUNNING}) s JOIN read_model.licenses l ON l.user_id = s.user_id AND l.product = s.product AND l.status = 'active'
GROUP BY s.product, s.plan_type, s.trial`;

/** $2 is the end of what is ahead. */
export const RENEWALS_DUE = `
SELECT s.product, s.plan_type AS plan, ${PRICE} ->> 'currency' AS currency, count(*)::float8 AS count,
  sum((${PRICE} ->> 'amount')::bigint * s.quantity)::float8 AS amount
FROM read_model.subscriptions s
WHERE s.end_date >= $1 AND s.end_date < $2 AND NOT s.cancelled AND NOT s.trial AND jsonb_typeof(${PRICE}) = 'object'
  AND ${NOT_ERASED}
GROUP BY 1, 2, 3 ORDER BY 3, 1, 2`;

/** The last so many days that had any. */
const DAYS = 366;

export const ACTIVATIONS = `
SELECT to_char(day, 'YYYY-MM-DD') AS day, activations::float8 AS count FROM read_model.activations_by_day
ORDER BY activations_by_day.day DESC LIMIT ${DAYS}`;

export const MACHINES = `
SELECT to_char(day, 'YYYY-MM-DD') AS day, product, machines::float8 AS count FROM usage.machines_by_day
WHERE day > ($1::timestamptz AT TIME ZONE 'UTC')::date - ${DAYS}
ORDER BY machines_by_day.day DESC, product`;
