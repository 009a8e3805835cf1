-- Of the trials that began in each month, how many became paid subscriptions?
SELECT month, product, plan_type, trials, converted, open, ended,
  round(CAST(100 * conversion_rate AS numeric(9, 3)), 1) AS conversion_percent
FROM trials(DATE '2026-01-01', DATE '2026-06-01', TIMESTAMPTZ '2026-07-01 00:00:00+00')
ORDER BY month, product, plan_type;
