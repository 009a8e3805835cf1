-- Indexes of the lists. Only indexes, as 0002.

-- Subscriptions by what they are and when they end; it counts the active ones too.
CREATE INDEX subscriptions_by_end ON subscriptions (status, end_date, subscription_id);
DROP INDEX subscriptions_active;

-- By the whole address or its beginning, whatever the database's collation.
CREATE INDEX users_email_prefix ON users (email text_pattern_ops) WHERE email IS NOT NULL;
DROP INDEX users_email;
