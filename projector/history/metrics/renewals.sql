-- title: Renewals due and done
-- grain: one row a month, product and plan in which any is due
-- formula: renewal rate = renewed ÷ (due − open)
-- counts: what `renewals_due` does, by the month of the end date; months ahead too
-- leaves out: from the rate those that are still open
-- parameter first_month month: any day of the first month
-- parameter last_month month: any day of the last month
-- parameter known timestamptz: what is counted is what was known then
-- column month date: its first day
-- column product text
-- column plan_type text
-- column due bigint
-- column renewed bigint: in time or late
-- column renewed_late bigint: of these in the grace
-- column open bigint: ahead, or in the grace
-- column lost bigint
-- column renewal_rate double precision
SELECT CAST(date_trunc('month', end_date AT TIME ZONE 'UTC') AS date) AS month, product, plan_type, count(*) AS due,
  count(*) FILTER (WHERE outcome IN ('renewed', 'renewed_late')) AS renewed,
  count(*) FILTER (WHERE outcome = 'renewed_late') AS renewed_late,
  count(*) FILTER (WHERE outcome = 'open') AS open,
  count(*) FILTER (WHERE outcome = 'lost') AS lost,
  CAST(count(*) FILTER (WHERE outcome IN ('renewed', 'renewed_late')) AS double precision)
    / nullif(count(*) FILTER (WHERE outcome <> 'open'), 0) AS renewal_rate
FROM renewals_due(CAST(:first_month AS timestamp) AT TIME ZONE 'UTC', (:last_month + INTERVAL '1 month') AT TIME ZONE 'UTC',
  :known)
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
