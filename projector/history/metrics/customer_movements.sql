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
WITH monthly AS (
  SELECT s.user_id, CAST(date_trunc('month', s.valid_from AT TIME ZONE 'UTC') AS date) AS month,
    CAST(sum(CASE WHEN s.mrr > 0 THEN 1 ELSE -1 END) AS bigint) AS net
  FROM subscription_states s
  -- What has another price or currency than just before it is paid for as it was.
  WHERE (s.mrr <> s.mrr_before OR s.currency <> s.currency_before) AND (s.mrr = 0 OR s.mrr_before = 0)
    AND s.known_from <= :known AND :known < s.known_to
    AND s.valid_from <= :known AND s.valid_from < (:last_month + INTERVAL '1 month') AT TIME ZONE 'UTC'
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
