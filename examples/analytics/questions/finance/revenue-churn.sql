-- How much of the revenue that a month began with was lost in it, before and after what the same customers added, in percent?
SELECT month, currency, mrr_start, lost, gained,
  round(CAST(100 * gross_churn_rate AS numeric(9, 3)), 1) AS gross_percent,
  round(CAST(100 * net_churn_rate AS numeric(9, 3)), 1) AS net_percent
FROM revenue_churn(DATE '2026-03-01', DATE '2026-06-01', TIMESTAMPTZ '2026-07-01 00:00:00+00')
ORDER BY month, currency;
