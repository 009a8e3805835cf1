-- title: MRR movements of each customer
-- grain: one row a month, currency and customer whose MRR in that currency is another at the month's end than at its start
-- formula: new or reactivated where it was 0, churned where it becomes 0, else expansion or contraction; amount = the difference
-- counts: all of a customer's subscriptions in a currency together: one that begins as another ends is a difference, or nothing
-- leaves out: what came and went within one month; customers whose MRR is the same
-- parameter first_month month: any day of the first month
-- parameter last_month month: any day of the last month
-- parameter known timestamptz: what is counted is what was known then
-- column month date: its first day
-- column currency text
-- column user_id uuid
-- column movement text: `new`: the customer never had MRR in this currency before the month. `reactivated`: they had, and none at its start. `expansion`, `contraction`, `churned`
-- column amount bigint: in minor units, never negative
-- column mrr_start bigint: at the start of the month
-- column mrr_end bigint: at its end
WITH changes AS (
  -- A row in which the revenue is another than just before it takes the one away and brings the other.
  SELECT s.user_id, s.valid_from,
    CASE side.sign WHEN 1 THEN s.currency ELSE s.currency_before END AS currency,
    CASE side.sign WHEN 1 THEN s.mrr ELSE -s.mrr_before END AS change
  FROM subscription_states s CROSS JOIN (VALUES (1), (-1)) AS side (sign)
  WHERE (s.mrr <> s.mrr_before OR s.currency <> s.currency_before)
    AND s.known_from <= :known AND :known < s.known_to
    AND s.valid_from <= :known AND s.valid_from < (:last_month + INTERVAL '1 month') AT TIME ZONE 'UTC'
),
monthly AS (
  SELECT user_id, currency, CAST(date_trunc('month', valid_from AT TIME ZONE 'UTC') AS date) AS month,
    CAST(sum(change) AS bigint) AS net
  FROM changes
  WHERE change <> 0
  GROUP BY 1, 2, 3
),
balances AS (
  SELECT month, currency, user_id, net, CAST(sum(net) OVER so_far AS bigint) AS mrr_end, row_number() OVER so_far AS nth
  FROM monthly
  WINDOW so_far AS (PARTITION BY user_id, currency ORDER BY month)
)
SELECT month, currency, user_id,
  CASE
    WHEN mrr_end = net AND nth = 1 THEN 'new'
    WHEN mrr_end = net THEN 'reactivated'
    WHEN mrr_end = 0 THEN 'churned'
    WHEN net > 0 THEN 'expansion'
    ELSE 'contraction'
  END AS movement,
  abs(net) AS amount, mrr_end - net AS mrr_start, mrr_end
FROM balances
WHERE month >= :first_month AND net <> 0
