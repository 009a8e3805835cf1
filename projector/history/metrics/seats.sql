-- title: Seats used of seats bought
-- grain: one row a product, plan, and whether they are trials
-- formula: utilization = used ÷ bought
-- counts: as bought the plan's clients × quantity of each running subscription; as used the active licenses of its customer for its product
-- leaves out: licenses of customers without a running subscription of the product, which can't be used
-- parameter valid timestamptz: the time that is asked about
-- parameter known timestamptz: what is counted is what was known then
-- column product text
-- column plan_type text
-- column trial boolean
-- column subscriptions bigint
-- column bought bigint
-- column used bigint
-- column full_subscriptions bigint: those with no seat left
-- column utilization double precision
WITH used AS (
  SELECT l.user_id, l.product, count(*) AS seats
  FROM licenses_as_of(:valid, :known) l
  WHERE l.status = 'active'
  GROUP BY l.user_id, l.product
),
-- What was entered later for an earlier time may run beside another: the one that ends last has the licenses.
counting AS (
  SELECT s.product, s.plan_type, s.trial, s.user_id, s.places,
    row_number() OVER (PARTITION BY s.user_id, s.product ORDER BY s.end_date DESC, s.subscription_id) AS nth
  FROM running_as_of(:valid, :known) s
)
SELECT c.product, c.plan_type, c.trial, count(*) AS subscriptions, CAST(sum(c.places) AS bigint) AS bought,
  CAST(sum(coalesce(u.seats, 0)) AS bigint) AS used, count(*) FILTER (WHERE u.seats >= c.places) AS full_subscriptions,
  CAST(sum(coalesce(u.seats, 0)) AS double precision) / nullif(sum(c.places), 0) AS utilization
FROM counting c
LEFT JOIN used u ON u.user_id = c.user_id AND u.product = c.product
WHERE c.nth = 1
GROUP BY c.product, c.plan_type, c.trial
ORDER BY c.product, c.plan_type, c.trial
