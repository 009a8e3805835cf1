-- title: Trials and their conversion
-- grain: one row a month in which trials began, product and plan that was tried
-- formula: conversion rate = converted ÷ (trials − open)
-- counts: a trial by the month of its start date, whenever its customer pays: an older month's rate can still rise
-- leaves out: trials that were ended before they began; from the rate those that still run
-- parameter first_month month: any day of the first month
-- parameter last_month month: any day of the last month
-- parameter known timestamptz: what is counted is what was known then
-- column month date: its first day
-- column product text
-- column plan_type text: the plan that was tried when the trial began
-- column trials bigint: begun in the month
-- column converted bigint: of these those whose customer had MRR of the product at any time after the trial began
-- column open bigint: of these those that run and have not converted
-- column ended bigint: of these the others
-- column conversion_rate double precision
WITH trials AS (
  SELECT s.subscription_id, s.user_id, s.product, s.plan_type, s.start_date,
    CAST(date_trunc('month', s.start_date AT TIME ZONE 'UTC') AS date) AS month
  FROM subscription_states s
  -- The row that held when it began: there is one.
  WHERE s.known_from <= :known AND :known < s.known_to AND s.trial
    AND s.valid_from <= s.start_date AND s.start_date < s.valid_to AND s.start_date <= :known
    AND (s.status = 'active' OR (s.status = 'cancelled' AND s.start_date < s.end_date))
    AND s.start_date >= CAST(:first_month AS timestamp) AT TIME ZONE 'UTC'
    AND s.start_date < (:last_month + INTERVAL '1 month') AT TIME ZONE 'UTC'
),
paid AS (
  SELECT s.user_id, s.product, max(s.valid_to) AS last_paid
  FROM subscription_states s
  WHERE s.known_from <= :known AND :known < s.known_to AND s.mrr > 0 AND s.valid_from <= :known
  GROUP BY s.user_id, s.product
),
judged AS (
  SELECT t.*, p.user_id IS NOT NULL AS has_converted, p.user_id IS NULL AND r.subscription_id IS NOT NULL AS is_open
  FROM trials t
  LEFT JOIN paid p ON p.user_id = t.user_id AND p.product = t.product AND p.last_paid > t.start_date
  LEFT JOIN running_as_of(:known, :known) r ON r.subscription_id = t.subscription_id
)
SELECT month, product, plan_type, count(*) AS trials,
  count(*) FILTER (WHERE has_converted) AS converted,
  count(*) FILTER (WHERE is_open) AS open,
  count(*) FILTER (WHERE NOT has_converted AND NOT is_open) AS ended,
  CAST(count(*) FILTER (WHERE has_converted) AS double precision) / nullif(count(*) FILTER (WHERE NOT is_open), 0)
    AS conversion_rate
FROM judged
GROUP BY month, product, plan_type
ORDER BY month, product, plan_type
