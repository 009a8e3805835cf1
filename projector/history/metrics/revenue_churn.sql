-- title: Churn of revenue
-- grain: one row a month and currency
-- formula: gross rate = (churned + contraction) ÷ MRR at the start; net rate = (churned + contraction − expansion) ÷ MRR at the start
-- counts: what customers who had MRR at the month's start lost or added in it; 1 − the net rate is the net revenue retention, 1 − the gross rate the gross one
-- leaves out: new and reactivated revenue: it was not there at the start
-- parameter first_month month: any day of the first month
-- parameter last_month month: any day of the last month
-- parameter known timestamptz: what is counted is what was known then
-- column month date: its first day
-- column currency text
-- column complete boolean: whether the month was over at `known`
-- column mrr_start bigint: in minor units
-- column lost bigint: churned + contraction
-- column gained bigint: expansion
-- column gross_churn_rate double precision
-- column net_churn_rate double precision: negative where expansion was more than what was lost
SELECT month, currency, complete, mrr_start, churned + contraction AS lost, expansion AS gained,
  CAST(churned + contraction AS double precision) / nullif(mrr_start, 0) AS gross_churn_rate,
  CAST(churned + contraction - expansion AS double precision) / nullif(mrr_start, 0) AS net_churn_rate
FROM mrr_movements(:first_month, :last_month, :known)
ORDER BY month, currency
