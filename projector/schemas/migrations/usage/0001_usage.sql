-- Usage counts are measurements: neither events nor rebuilt from events. They have a schema of their own.

CREATE TABLE rate_limits (
  minute timestamptz NOT NULL,                 -- the start of the minute, UTC
  user_id uuid NOT NULL,                       -- all zeros for callers who are nobody yet (sign-up, log-in)
  endpoint text NOT NULL,
  address inet NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (minute, user_id, endpoint, address)
) PARTITION BY RANGE (minute);
CREATE INDEX rate_limits_minute ON rate_limits USING brin (minute);
-- An erased user's rows are removed.
CREATE INDEX rate_limits_user ON rate_limits (user_id);
-- Daily partitions are made ahead of time and dropped when old; a minute that has none yet lands here.
CREATE TABLE rate_limits_default PARTITION OF rate_limits DEFAULT;
