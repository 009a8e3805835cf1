-- When a subscription was, or will be, over for good, as command-service/due/expiry/find.ts says it: so that those that have
-- lapsed of late are found each minute without a look at all that ended long ago. (In UTC, as an index needs it.)
CREATE INDEX subscriptions_over_since ON subscriptions ((
  CASE WHEN updated_at > created_at THEN greatest(
    (end_date AT TIME ZONE 'UTC') + CASE WHEN cancelled THEN 0 ELSE (terms ->> 'graceDays')::integer END * interval '24 hours',
    updated_at AT TIME ZONE 'UTC')
  ELSE (end_date AT TIME ZONE 'UTC') + CASE WHEN cancelled THEN 0 ELSE (terms ->> 'graceDays')::integer END * interval '24 hours' END
)) WHERE end_notice <> 'lapsed';
