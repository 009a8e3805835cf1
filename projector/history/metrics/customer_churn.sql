-- title: Churn of customers
-- grain: one row a month
-- formula: customers_end = customers_start + new + reactivated − churned; churn rate = churned ÷ customers_start
-- counts: paying customers, each once, in whatever product and currency (`customer_movements` has who they are)
-- leaves out: months after `known`; who came and left within one month
-- parameter first_month month: any day of the first month
-- parameter last_month month: any day of the last month
-- parameter known timestamptz: what is counted is what was known then
-- column month date: its first day
-- column complete boolean: whether the month was over at `known`; if not it is counted up to then
-- column customers_start bigint: who pay at its start
-- column new bigint
-- column reactivated bigint
-- column churned bigint
-- column customers_end bigint: who pay at its last instant, or at `known`
-- column churn_rate double precision
WITH moved AS (
  SELECT month, count(*) FILTER (WHERE movement = 'new') AS new,
    count(*) FILTER (WHERE movement = 'reactivated') AS reactivated,
    count(*) FILTER (WHERE movement = 'churned') AS churned
  FROM customer_movements(DATE '1970-01-01', :last_month, :known)
  GROUP BY month
),
months AS (
  SELECT CAST(m.start AS date) AS month
  FROM generate_series(CAST(:first_month AS timestamp),
    least(CAST(:last_month AS timestamp), :known AT TIME ZONE 'UTC'), INTERVAL '1 month') AS m (start)
),
-- Who paid at the start is who had come and not left until then.
opening AS (
  SELECT CAST(coalesce(sum(new + reactivated - churned), 0) AS bigint) AS customers
  FROM moved
  WHERE month < :first_month
),
balances AS (
  SELECT m.month, coalesce(d.new, 0) AS new, coalesce(d.reactivated, 0) AS reactivated, coalesce(d.churned, 0) AS churned,
    CAST(o.customers + sum(coalesce(d.new + d.reactivated - d.churned, 0)) OVER (ORDER BY m.month) AS bigint)
      AS customers_end
  FROM months m CROSS JOIN opening o
  LEFT JOIN moved d ON d.month = m.month
)
SELECT month, (month + INTERVAL '1 month') AT TIME ZONE 'UTC' <= :known AS complete,
  customers_end - new - reactivated + churned AS customers_start, new, reactivated, churned, customers_end,
  CAST(churned AS double precision) / nullif(customers_end - new - reactivated + churned, 0) AS churn_rate
FROM balances
ORDER BY month
