-- How many customers paid at the start of each month, how many came, and how many of them left, in percent?
SELECT month, customers_start, new, reactivated, churned, customers_end,
  round(CAST(100 * churn_rate AS numeric(9, 3)), 1) AS churn_percent
FROM customer_churn(DATE '2026-01-01', DATE '2026-06-01', TIMESTAMPTZ '2026-07-01 00:00:00+00')
ORDER BY month;
