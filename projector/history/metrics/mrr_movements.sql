-- title: MRR movements
-- grain: one row a month and currency in which MRR has moved by the end of the last month, also where nothing moved in it
-- formula: mrr_end = mrr_start + new + reactivated + expansion − contraction − churned, to the minor unit
-- counts: each customer once a month and currency, by the difference between its start and its end (`customer_mrr_movements` has who they are)
-- leaves out: months after `known`; renewals, which move nothing
-- parameter first_month month: any day of the first month
-- parameter last_month month: any day of the last month
-- parameter known timestamptz: what is counted is what was known then
-- column month date: its first day
-- column currency text
-- column complete boolean: whether the month was over at `known`; if not it is counted up to then
-- column mrr_start bigint: in minor units, as the others
-- column new bigint
-- column reactivated bigint
-- column expansion bigint
-- column contraction bigint
-- column churned bigint
-- column mrr_end bigint: the MRR of the month's last instant, or at `known`
WITH moved AS (
  SELECT month, currency,
    CAST(coalesce(sum(amount) FILTER (WHERE movement = 'new'), 0) AS bigint) AS new,
    CAST(coalesce(sum(amount) FILTER (WHERE movement = 'reactivated'), 0) AS bigint) AS reactivated,
    CAST(coalesce(sum(amount) FILTER (WHERE movement = 'expansion'), 0) AS bigint) AS expansion,
    CAST(coalesce(sum(amount) FILTER (WHERE movement = 'contraction'), 0) AS bigint) AS contraction,
    CAST(coalesce(sum(amount) FILTER (WHERE movement = 'churned'), 0) AS bigint) AS churned,
    CAST(sum(mrr_end - mrr_start) AS bigint) AS net
  FROM customer_mrr_movements(DATE '1970-01-01', :last_month, :known)
  GROUP BY month, currency
),
-- What was there at the start is what had moved until then.
opening AS (
  SELECT currency, CAST(coalesce(sum(net) FILTER (WHERE month < :first_month), 0) AS bigint) AS mrr
  FROM moved
  GROUP BY currency
),
months AS (
  SELECT CAST(m.start AS date) AS month
  FROM generate_series(CAST(:first_month AS timestamp),
    least(CAST(:last_month AS timestamp), :known AT TIME ZONE 'UTC'), INTERVAL '1 month') AS m (start)
),
balances AS (
  SELECT m.month, o.currency, coalesce(d.new, 0) AS new, coalesce(d.reactivated, 0) AS reactivated,
    coalesce(d.expansion, 0) AS expansion, coalesce(d.contraction, 0) AS contraction, coalesce(d.churned, 0) AS churned,
    coalesce(d.net, 0) AS net,
    o.mrr + sum(coalesce(d.net, 0)) OVER (PARTITION BY o.currency ORDER BY m.month) AS mrr_end
  FROM months m CROSS JOIN opening o
  LEFT JOIN moved d ON d.month = m.month AND d.currency = o.currency
)
SELECT month, currency, (month + INTERVAL '1 month') AT TIME ZONE 'UTC' <= :known AS complete,
  CAST(mrr_end - net AS bigint) AS mrr_start, new, reactivated, expansion, contraction, churned,
  CAST(mrr_end AS bigint) AS mrr_end
FROM balances
ORDER BY month, currency
