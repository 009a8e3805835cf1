-- Which subscriptions make the difference between a month as it was closed and as it is known today, and by which event?
WITH months AS (
  SELECT CAST(m.start AS date) AS month, (m.start + INTERVAL '1 month') AT TIME ZONE 'UTC' AS close,
    (m.start + INTERVAL '1 month' - INTERVAL '1 millisecond') AT TIME ZONE 'UTC' AS last_instant
  FROM generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-06-01', INTERVAL '1 month') AS m (start)
)
SELECT month, now.external_id, now.currency, coalesce(closed.mrr, 0) AS at_close, now.mrr AS today,
  now.cause_type AS event, CAST(now.known_from AT TIME ZONE 'UTC' AS date) AS entered
FROM months
JOIN subscription_states AS now
  ON now.valid_from <= last_instant AND last_instant < now.valid_to AND now.known_from > close
  AND now.known_from <= TIMESTAMPTZ '2026-07-01 00:00:00+00' AND now.known_to > TIMESTAMPTZ '2026-07-01 00:00:00+00'
LEFT JOIN subscription_states AS closed
  ON closed.subscription_id = now.subscription_id
  AND closed.valid_from <= last_instant AND last_instant < closed.valid_to
  AND closed.known_from <= close AND close < closed.known_to
WHERE coalesce(closed.mrr, 0) <> now.mrr
ORDER BY month, now.external_id;
