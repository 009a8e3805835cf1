-- title: Customers kept, by the month of sign-up
-- grain: one row a cohort, which is a month of sign-ups, and a month from that one on until `known`
-- formula: retention = paying ÷ customers
-- counts: everybody who signed up or was added in the month, who has never paid and who is erased too; a start before the sign-up as if it were in its month
-- leaves out: nobody: a cohort never shrinks
-- parameter first_month month: any day of the first month of sign-ups
-- parameter last_month month: any day of the last month of sign-ups
-- parameter known timestamptz: what is counted is what was known then
-- column cohort date: the first day of the month of sign-up
-- column month date: the first day of the month at whose end they are counted
-- column age integer: how many months after the cohort's
-- column customers bigint: who signed up
-- column paying bigint: of these those who pay at the month's last instant, or at `known`
-- column retention double precision
WITH members AS (
  SELECT DISTINCT c.user_id, CAST(date_trunc('month', c.signed_up_at AT TIME ZONE 'UTC') AS date) AS cohort
  FROM customers c
  WHERE c.known_from <= :known AND :known < c.known_to AND c.signed_up_at <= :known
    AND c.signed_up_at >= CAST(:first_month AS timestamp) AT TIME ZONE 'UTC'
    AND c.signed_up_at < (:last_month + INTERVAL '1 month') AT TIME ZONE 'UTC'
),
sizes AS (SELECT cohort, count(*) AS customers FROM members GROUP BY cohort),
moved AS (
  SELECT c.cohort, greatest(m.month, c.cohort) AS month,
    sum(CASE m.movement WHEN 'churned' THEN -1 ELSE 1 END) AS net
  FROM members c
  JOIN customer_movements(DATE '1970-01-01', CAST(:known AT TIME ZONE 'UTC' AS date), :known) m ON m.user_id = c.user_id
  GROUP BY 1, 2
),
months AS (
  SELECT CAST(m.start AS date) AS month
  FROM generate_series(CAST(:first_month AS timestamp), :known AT TIME ZONE 'UTC', INTERVAL '1 month') AS m (start)
),
balances AS (
  SELECT s.cohort, m.month, s.customers,
    CAST(sum(coalesce(d.net, 0)) OVER (PARTITION BY s.cohort ORDER BY m.month) AS bigint) AS paying
  FROM sizes s
  JOIN months m ON m.month >= s.cohort
  LEFT JOIN moved d ON d.cohort = s.cohort AND d.month = m.month
)
SELECT cohort, month,
  CAST(12 * (extract(year FROM month) - extract(year FROM cohort)) + extract(month FROM month) - extract(month FROM cohort)
    AS integer) AS age,
  customers, paying, CAST(paying AS double precision) / customers AS retention
FROM balances
ORDER BY cohort, month
