-- title: MRR kept, by the month of sign-up
-- grain: one row a cohort, which is a month of sign-ups, a currency, and a month from the cohort's on until `known`
-- formula: the MRR, at the end of the month, of those who signed up in the cohort's month
-- counts: customers as `cohort_customers` does
-- leaves out: cohorts that never had MRR in a currency
-- parameter first_month month: any day of the first month of sign-ups
-- parameter last_month month: any day of the last month of sign-ups
-- parameter known timestamptz: what is counted is what was known then
-- column cohort date: the first day of the month of sign-up
-- column currency text
-- column month date: the first day of the month at whose end it is counted
-- column age integer: how many months after the cohort's
-- column mrr bigint: in minor units, at the month's last instant, or at `known`
WITH members AS (
  SELECT DISTINCT c.user_id, CAST(date_trunc('month', c.signed_up_at AT TIME ZONE 'UTC') AS date) AS cohort
  FROM customers c
  WHERE c.known_from <= :known AND :known < c.known_to AND c.signed_up_at <= :known
    AND c.signed_up_at >= CAST(:first_month AS timestamp) AT TIME ZONE 'UTC'
    AND c.signed_up_at < (:last_month + INTERVAL '1 month') AT TIME ZONE 'UTC'
),
moved AS (
  SELECT c.cohort, m.currency, greatest(m.month, c.cohort) AS month, sum(m.mrr_end - m.mrr_start) AS net
  FROM members c
  JOIN customer_mrr_movements(DATE '1970-01-01', CAST(:known AT TIME ZONE 'UTC' AS date), :known) m ON m.user_id = c.user_id
  GROUP BY 1, 2, 3
),
months AS (
  SELECT CAST(m.start AS date) AS month
  FROM generate_series(CAST(:first_month AS timestamp), :known AT TIME ZONE 'UTC', INTERVAL '1 month') AS m (start)
),
balances AS (
  SELECT c.cohort, c.currency, m.month,
    CAST(sum(coalesce(d.net, 0)) OVER (PARTITION BY c.cohort, c.currency ORDER BY m.month) AS bigint) AS mrr
  FROM (SELECT DISTINCT cohort, currency FROM moved) c
  JOIN months m ON m.month >= c.cohort
  LEFT JOIN moved d ON d.cohort = c.cohort AND d.currency = c.currency AND d.month = m.month
)
SELECT cohort, currency, month,
  CAST(12 * (extract(year FROM month) - extract(year FROM cohort)) + extract(month FROM month) - extract(month FROM cohort)
    AS integer) AS age,
  mrr
FROM balances
ORDER BY cohort, currency, month
