-- One subscription counts for each product. The one of the product 'app' stays in users.subscription_id and
-- users.subscription_start_date, which the release before reads and writes too; those of the others are here:
-- {"<product>": {"id": "<subscription_id>", "start": "<start_date>"}}.
ALTER TABLE users ADD COLUMN counting jsonb NOT NULL DEFAULT '{}';

-- Who cancelled: null where it is not cancelled. A row that the release before cancelled does not say it; the projector
-- reads it from the log and fills it in.
ALTER TABLE subscriptions ADD COLUMN cancelled_by text CHECK (cancelled_by IN ('user', 'staff'));
-- Found without reading them all each time a projector begins; empty once it is done.
CREATE INDEX subscriptions_cancelled_by_whom ON subscriptions (user_id) WHERE cancelled AND cancelled_by IS NULL;

-- So far the subscription started last counted, also one that was over when it was entered. Of those that are over it is
-- now the one that ended last: the latest end among the last one that was current when it was started, and what was
-- entered after it.
WITH started AS (
  SELECT user_id, subscription_id, start_date, end_date, created_at,
    end_date + (terms ->> 'graceDays')::integer * interval '24 hours' > created_at AS was_current,
    count(*) OVER (PARTITION BY user_id) AS of_user
  FROM subscriptions WHERE product = 'app'
), counts AS (
  SELECT DISTINCT ON (user_id) user_id, subscription_id, start_date
  FROM started s
  WHERE of_user > 1 AND created_at >= COALESCE(
    (SELECT max(c.created_at) FROM started c WHERE c.user_id = s.user_id AND c.was_current), '-infinity')
  ORDER BY user_id, end_date DESC, created_at DESC
)
UPDATE users u SET subscription_id = c.subscription_id, subscription_start_date = c.start_date
FROM counts c WHERE c.user_id = u.user_id AND c.subscription_id <> u.subscription_id;

-- A client has a license for each product.
DROP INDEX licenses_client;
CREATE UNIQUE INDEX licenses_client ON licenses (user_id, product, client_id) WHERE status <> 'deactivated';
