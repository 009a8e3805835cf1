-- How many subscriptions of each plan ran at the end of each month? Trials are counted apart.
WITH months AS (
  SELECT CAST(m.start AS date) AS month,
    (m.start + INTERVAL '1 month' - INTERVAL '1 millisecond') AT TIME ZONE 'UTC' AS last_instant
  FROM generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-06-01', INTERVAL '1 month') AS m (start)
)
SELECT month, product, plan_type,
  count(*) FILTER (WHERE NOT trial) AS subscriptions, count(*) FILTER (WHERE trial) AS trials
FROM months CROSS JOIN LATERAL running_as_of(last_instant, TIMESTAMPTZ '2026-07-01 00:00:00+00') AS running
GROUP BY month, product, plan_type
ORDER BY month, product, plan_type;
