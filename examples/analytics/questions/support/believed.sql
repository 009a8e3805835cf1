-- What did we believe about one subscription at noon of 1 April, and since when?
-- The customer says "you locked me out in April". The answer shows what stood in our books that day, and what came after.
SELECT status, CAST(end_date AT TIME ZONE 'UTC' AS date) AS ends, cause_type AS event, actor_role AS made_by,
  CAST(min(known_from) AT TIME ZONE 'UTC' AS date) AS believed_from
FROM subscription_states
WHERE external_id = 'sub-finn'
  AND valid_from <= TIMESTAMPTZ '2026-04-01 12:00:00+00' AND TIMESTAMPTZ '2026-04-01 12:00:00+00' < valid_to
GROUP BY status, end_date, cause_type, actor_role
ORDER BY believed_from;
