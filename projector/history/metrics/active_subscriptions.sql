-- title: Active subscriptions
-- grain: one row a product, plan, and whether they are trials
-- formula: the number of running subscriptions
-- counts: free plans, and trials in rows of their own; a subscription is one, whatever its quantity
-- leaves out: what is scheduled, suspended, expired, or cancelled and over; erased customers
-- parameter valid timestamptz: the time that is asked about
-- parameter known timestamptz: what is counted is what was known then
-- column product text
-- column plan_type text
-- column trial boolean
-- column subscriptions bigint: all that run: the sum of the next three
-- column active bigint: within their period
-- column grace bigint: past their end date, and in the grace
-- column cancelled bigint: cancelled, and running until the end date
-- column paying bigint: those with MRR
-- column customers bigint: different ones; over several rows they can't be added up (see `active_customers`)
SELECT s.product, s.plan_type, s.trial, count(*) AS subscriptions,
  count(*) FILTER (WHERE s.status = 'active') AS active,
  count(*) FILTER (WHERE s.status = 'grace') AS grace,
  count(*) FILTER (WHERE s.status = 'cancelled') AS cancelled,
  count(*) FILTER (WHERE s.mrr > 0) AS paying,
  count(DISTINCT s.user_id) AS customers
FROM running_as_of(:valid, :known) s
GROUP BY s.product, s.plan_type, s.trial
ORDER BY s.product, s.plan_type, s.trial
