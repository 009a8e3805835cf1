-- Readers wait for none of this but its last statements, which take a moment each: what reads or writes many rows comes first.

-- So far the subscription started last counted, also one that was over when it was entered. Of those that are over it is
-- now the one that ended last: the latest end among the last one that was current when it was started, and what was
-- entered after it.
WITH started AS (
  SELECT user_id, subscription_id, start_date, end_date, created_at,
    count(*) OVER of_user AS of_user,
    max(created_at) FILTER (
      WHERE end_date + (terms ->> 'graceDays')::integer * interval '24 hours' > created_at
    ) OVER of_user AS last_current_at
  FROM subscriptions WHERE product = 'app'
  WINDOW of_user AS (PARTITION BY user_id)
), counts AS (
  SELECT DISTINCT ON (user_id) user_id, subscription_id, start_date
  FROM started
  WHERE of_user > 1 AND created_at >= COALESCE(last_current_at, '-infinity')
  ORDER BY user_id, end_date DESC, created_at DESC
)
UPDATE users u SET subscription_id = c.subscription_id, subscription_start_date = c.start_date
FROM counts c WHERE c.user_id = u.user_id AND c.subscription_id <> u.subscription_id;

-- A client has a license for each product.
CREATE UNIQUE INDEX licenses_client_of_product ON licenses (user_id, product, client_id) WHERE status <> 'deactivated';
DROP INDEX licenses_client;
ALTER INDEX licenses_client_of_product RENAME TO licenses_client;

-- One subscription counts for each product. The one of the product 'app' stays in users.subscription_id and
-- users.subscription_start_date, which the release before reads and writes too; those of the others are here:
-- {"<product>": {"id": "<subscription_id>", "start": "<start_date>"}}.
ALTER TABLE users ADD COLUMN counting jsonb NOT NULL DEFAULT '{}';

-- Who cancelled: null where it is not cancelled. A row that the release before cancelled does not say it; the projector
-- reads it from the log and fills it in. (Every row that is there has null: not read again to see that it may.)
ALTER TABLE subscriptions
  ADD COLUMN cancelled_by text,
  ADD CONSTRAINT subscriptions_cancelled_by_check CHECK (cancelled_by IN ('user', 'staff')) NOT VALID;
