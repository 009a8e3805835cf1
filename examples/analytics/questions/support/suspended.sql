-- Who was suspended on 1 April, since when, and who did it?
SELECT external_id, product, plan_type, CAST(valid_from AT TIME ZONE 'UTC' AS date) AS since, actor_role AS suspended_by
FROM subscriptions_as_of(TIMESTAMPTZ '2026-04-01 00:00:00+00', TIMESTAMPTZ '2026-04-01 00:00:00+00') AS s
WHERE status = 'suspended'
ORDER BY since, external_id;
