-- What did we say each month's MRR was when we closed it, and what do we know today?
-- The first number never changes again, whatever is entered later.
WITH months AS (
  SELECT CAST(m.start AS date) AS month, (m.start + INTERVAL '1 month') AT TIME ZONE 'UTC' AS close,
    (m.start + INTERVAL '1 month' - INTERVAL '1 millisecond') AT TIME ZONE 'UTC' AS last_instant,
    TIMESTAMPTZ '2026-07-01 00:00:00+00' AS today
  FROM generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-06-01', INTERVAL '1 month') AS m (start)
),
figures AS (
  SELECT month, currency, CASE WHEN known_from <= close AND close < known_to THEN mrr ELSE 0 END AS at_close,
    CASE WHEN known_from <= today AND today < known_to THEN mrr ELSE 0 END AS today
  FROM subscription_states JOIN months ON valid_from <= last_instant AND last_instant < valid_to
  WHERE mrr > 0
)
SELECT month, currency, CAST(sum(at_close) AS bigint) AS at_close, CAST(sum(today) AS bigint) AS today,
  CAST(sum(today) - sum(at_close) AS bigint) AS difference
FROM figures
GROUP BY month, currency
ORDER BY month, currency;
