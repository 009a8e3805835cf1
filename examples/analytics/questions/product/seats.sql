-- How many of the machines that they paid for do customers use, on 1 July? Trials are counted apart.
SELECT product, plan_type, CASE WHEN trial THEN 'trial' ELSE 'bought' END AS kind, subscriptions, bought, used,
  full_subscriptions, round(CAST(100 * utilization AS numeric(9, 3)), 1) AS used_percent
FROM seats(TIMESTAMPTZ '2026-07-01 00:00:00+00', TIMESTAMPTZ '2026-07-01 00:00:00+00')
ORDER BY product, plan_type, kind;
