-- Indexes of the lists. Only indexes, as 0002; those that go at the end, because readers wait from then on.

-- Subscriptions by what they are and when they end; it counts the active ones too.
CREATE INDEX subscriptions_by_end ON subscriptions (status, end_date, subscription_id);
-- Those of which it is to be filled in who cancelled: found without reading all each time a projector begins, and none once
-- that is done.
CREATE INDEX subscriptions_cancelled_by_whom ON subscriptions (user_id) WHERE cancelled AND cancelled_by IS NULL;
-- By the whole address or its beginning, whatever the database's collation.
CREATE INDEX users_email_prefix ON users (email text_pattern_ops) WHERE email IS NOT NULL;
CREATE INDEX users_external_id ON users (external_id) WHERE external_id IS NOT NULL;

DROP INDEX subscriptions_active;
DROP INDEX users_email;
