-- What did we say each month's MRR was when we closed it, and what do we know today?
-- The first number never changes again, whatever is entered later.
WITH months AS (
  SELECT CAST(m.start AS date) AS month, (m.start + INTERVAL '1 month') AT TIME ZONE 'UTC' AS close
  FROM generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-06-01', INTERVAL '1 month') AS m (start)
),
figures AS (
  SELECT month, currency, mrr AS at_close, 0 AS today
  FROM months CROSS JOIN LATERAL mrr(close - INTERVAL '1 millisecond', close) AS closed
  UNION ALL
  SELECT month, currency, 0 AS at_close, mrr AS today
  FROM months CROSS JOIN LATERAL mrr(close - INTERVAL '1 millisecond', TIMESTAMPTZ '2026-07-01 00:00:00+00') AS known
)
SELECT month, currency, CAST(sum(at_close) AS bigint) AS at_close, CAST(sum(today) AS bigint) AS today,
  CAST(sum(today) - sum(at_close) AS bigint) AS difference
FROM figures
GROUP BY month, currency
ORDER BY month, currency;
