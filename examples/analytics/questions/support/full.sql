-- Who has no machine left to activate, on 1 July?
-- What counts for a customer's machines is the subscription of that product that runs.
WITH bought AS (
  SELECT user_id, product, max(plan_type) AS plan_type, sum(places) AS places
  FROM running_as_of(TIMESTAMPTZ '2026-07-01 00:00:00+00', TIMESTAMPTZ '2026-07-01 00:00:00+00') AS running
  GROUP BY user_id, product
),
used AS (
  SELECT user_id, product, count(*) AS machines
  FROM licenses_as_of(TIMESTAMPTZ '2026-07-01 00:00:00+00', TIMESTAMPTZ '2026-07-01 00:00:00+00') AS licenses
  WHERE status = 'active'
  GROUP BY user_id, product
)
SELECT bought.user_id AS customer, bought.product, bought.plan_type, CAST(places AS bigint) AS places, machines
FROM bought JOIN used ON used.user_id = bought.user_id AND used.product = bought.product
WHERE machines >= places
ORDER BY bought.user_id, bought.product;
