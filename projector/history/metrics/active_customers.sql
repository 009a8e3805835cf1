-- title: Active customers
-- grain: one row a product, and one with the product `null` for all products together
-- formula: the number of different customers with a running subscription
-- counts: who has several products once in each product's row, and once in the row of all
-- leaves out: customers without a running subscription; erased ones
-- parameter valid timestamptz: the time that is asked about
-- parameter known timestamptz: what is counted is what was known then
-- column product text: null: all products together
-- column customers bigint: all of them: the sum of the next three
-- column paying bigint: those with MRR
-- column trying bigint: those without MRR, and with a trial
-- column free bigint: the others: their plans have no price
WITH each_customer AS (
  SELECT s.product, s.user_id, max(s.mrr) AS mrr, bool_or(s.trial) AS trial
  FROM running_as_of(:valid, :known) s
  GROUP BY GROUPING SETS ((s.product, s.user_id), (s.user_id))
)
SELECT product, count(*) AS customers,
  count(*) FILTER (WHERE mrr > 0) AS paying,
  count(*) FILTER (WHERE mrr = 0 AND trial) AS trying,
  count(*) FILTER (WHERE mrr = 0 AND NOT trial) AS free
FROM each_customer
GROUP BY product
ORDER BY product NULLS FIRST
