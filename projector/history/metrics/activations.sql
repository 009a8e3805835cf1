-- title: Activations
-- grain: one row a day (UTC) and product in which there was any
-- formula: the number of licenses that were activated
-- counts: a machine that comes back after it was deactivated, which is a new license; activations of customers who are erased now
-- leaves out: activating again what is active; licenses that staff reinstated
-- parameter first_day date: the first day
-- parameter last_day date: the last day
-- parameter known timestamptz: what is counted is what was known then
-- column day date
-- column product text
-- column activations bigint
-- column customers bigint: different ones
SELECT CAST(l.valid_from AT TIME ZONE 'UTC' AS date) AS day, l.product, count(*) AS activations,
  count(DISTINCT l.user_id) AS customers
FROM license_states l
WHERE l.known_from <= :known AND :known < l.known_to AND l.cause_type = 'LicenseActivated' AND l.status = 'active'
  AND l.valid_from >= CAST(:first_day AS timestamp) AT TIME ZONE 'UTC'
  AND l.valid_from < (:last_day + INTERVAL '1 day') AT TIME ZONE 'UTC'
GROUP BY 1, 2
ORDER BY 1, 2
