-- Who was in their days of grace when 1 April began, as we knew it then; and what do we know of that moment today?
SELECT then_known.external_id AS subscription, CAST(then_known.end_date AT TIME ZONE 'UTC' AS date) AS paid_until,
  then_known.status AS then_known, now_known.status AS now_known
FROM subscriptions_as_of(TIMESTAMPTZ '2026-04-01 00:00:00+00', TIMESTAMPTZ '2026-04-01 00:00:00+00') AS then_known
JOIN subscriptions_as_of(TIMESTAMPTZ '2026-04-01 00:00:00+00', TIMESTAMPTZ '2026-07-01 00:00:00+00') AS now_known
  ON now_known.subscription_id = then_known.subscription_id
WHERE then_known.status = 'grace'
ORDER BY subscription;
