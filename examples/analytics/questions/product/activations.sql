-- How many machines were activated each month?
SELECT CAST(date_trunc('month', day) AS date) AS month, product, CAST(sum(activations) AS bigint) AS activations
FROM activations(DATE '2026-01-01', DATE '2026-06-30', TIMESTAMPTZ '2026-07-01 00:00:00+00')
GROUP BY 1, 2
ORDER BY 1, 2;
