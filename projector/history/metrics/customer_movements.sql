-- title: Customers who came and left
-- grain: one row a month and customer who pays at its end and didn't at its start, or the other way round
-- formula: new or reactivated where they begin to pay, churned where they cease to
-- counts: all of a customer's subscriptions together, in whatever product and currency
-- leaves out: who came and left within one month; trials and plans without a price, which nobody pays for
-- parameter first_month month: any day of the first month
-- parameter last_month month: any day of the last month
-- parameter known timestamptz: what is counted is what was known then
-- column month date: its first day
-- column user_id uuid
-- column movement text: `new`: the customer never paid before the month; `reactivated`; `churned`
WITH changes AS (
  SELECT s.user_id, CASE side.sign WHEN 1 THEN s.valid_from ELSE s.valid_to END AS moment, side.sign AS change
  FROM subscription_states s CROSS JOIN (VALUES (1), (-1)) AS side (sign)
  WHERE s.known_from <= :known AND :known < s.known_to AND s.mrr > 0
),
-- All that was before the first month in one sum, under the day before it.
monthly AS (
  SELECT user_id,
    greatest(CAST(date_trunc('month', moment AT TIME ZONE 'UTC') AS date), CAST(:first_month - INTERVAL '1 day' AS date))
      AS month,
    sum(change) AS net
  FROM changes
  WHERE moment <= :known AND moment < (:last_month + INTERVAL '1 month') AT TIME ZONE 'UTC'
  GROUP BY 1, 2
),
balances AS (
  SELECT month, user_id, net, sum(net) OVER so_far AS running, row_number() OVER so_far AS nth
  FROM monthly
  WINDOW so_far AS (PARTITION BY user_id ORDER BY month)
)
SELECT month, user_id,
  CASE WHEN running = 0 THEN 'churned' WHEN nth = 1 THEN 'new' ELSE 'reactivated' END AS movement
FROM balances
WHERE month >= :first_month AND net <> 0 AND (running = 0 OR running = net)
