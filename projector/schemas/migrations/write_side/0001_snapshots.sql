-- The write side's saved folds of users with many events. Every row may be thrown away: the log has all of it. Personal
-- data in a fold is sealed as in the log.

CREATE TABLE snapshots (
  user_id uuid NOT NULL,
  fold_version text NOT NULL,                  -- of the code that made it: no other reads it
  revision bigint NOT NULL,                    -- of the last event in it
  state bytea NOT NULL,
  saved_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, fold_version)
);
