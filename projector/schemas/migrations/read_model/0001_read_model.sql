-- The read models: everything here can be rebuilt from the event log and the vault. Names are unqualified on
-- purpose: the migration runner sets the search path, so that a rebuild can make the same tables in a schema beside
-- the live one. Times are the events' times; no default, sequence or trigger makes a value of its own.

CREATE TABLE users (
  user_id uuid PRIMARY KEY,
  email text,                                  -- in clear here alone; null once erased
  status text NOT NULL CHECK (status IN ('active', 'erased')),
  -- The subscription that counts for the user's licenses: the one started last. Both columns together name one row
  -- in one partition.
  subscription_id uuid,
  subscription_start_date timestamptz,
  credentials_revision bigint NOT NULL,        -- access tokens from before this revision have ended
  ended_token_ids jsonb NOT NULL,              -- logged-out tokens that have not expired: {"<token id>": "<expiry>"}
  revision bigint NOT NULL,                    -- of the user's last applied event
  position_commit bigint NOT NULL,
  position_prepare bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL              -- time of the user's last event; never goes back
) WITH (fillfactor = 85);                      -- every event of a user updates the row: room for that in its page

CREATE TABLE subscriptions (
  subscription_id uuid NOT NULL,               -- its time part is start_date, so an id alone names the partition
  user_id uuid NOT NULL,
  plan_type text NOT NULL,
  terms jsonb NOT NULL,
  -- The state as the events left it; scheduled, grace and expired depend on the time of reading and are computed.
  -- Two facts, not one: a suspended subscription that was cancelled too is cancelled again once it is reinstated.
  suspended boolean NOT NULL,
  cancelled boolean NOT NULL,
  status text NOT NULL GENERATED ALWAYS AS
    (CASE WHEN suspended THEN 'suspended' WHEN cancelled THEN 'cancelled' ELSE 'active' END) STORED,
  start_date timestamptz NOT NULL,
  end_date timestamptz NOT NULL,               -- the first instant not covered
  external_id text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (subscription_id, start_date)
) PARTITION BY RANGE (start_date);
-- Yearly partitions are made ahead of time; a date that has none yet lands here, so that it is never an error.
CREATE TABLE subscriptions_default PARTITION OF subscriptions DEFAULT;

CREATE TABLE licenses (
  license_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  subscription_id uuid NOT NULL,               -- the one that counted when it was activated
  client_id text NOT NULL,
  client_name text,                            -- null once erased
  status text NOT NULL CHECK (status IN ('active', 'deactivated', 'revoked')),
  activated_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX licenses_client ON licenses (user_id, client_id) WHERE status <> 'deactivated';

-- Numbers for GET /v1/stats that would cost a scan each time.
CREATE TABLE activations_by_day (
  day date PRIMARY KEY,                        -- UTC
  activations bigint NOT NULL
);

CREATE TABLE checkpoints (
  name text PRIMARY KEY,                       -- the feed: 'direct'
  position_commit bigint NOT NULL,
  position_prepare bigint NOT NULL,
  last_event_id uuid,                          -- the last applied event, read back on every connect
  last_event_commit bigint,
  last_event_prepare bigint,
  last_event_at timestamptz,                   -- that event's time in the log
  -- Which build of the read models this is: a rebuild counts on, so that a projector that worked on the one before
  -- notices even where the position is the same.
  generation integer NOT NULL
);

CREATE TABLE parked_events (
  event_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  stream text NOT NULL,
  revision bigint NOT NULL,
  position_commit bigint NOT NULL,
  position_prepare bigint NOT NULL,
  type text NOT NULL,
  cause text NOT NULL,                         -- why this one could not be applied, or that an earlier one was not
  attempts integer NOT NULL,
  mark text NOT NULL CHECK (mark IN ('parked', 'retry', 'skip')),
  created_at timestamptz NOT NULL
);
CREATE INDEX parked_events_user ON parked_events (user_id, revision);

-- What an operator let go with `parked skip`. A rebuild passes over the same events, so that it gives the same rows.
CREATE TABLE skipped_events (
  event_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  revision bigint NOT NULL,
  type text NOT NULL,
  cause text NOT NULL,
  created_at timestamptz NOT NULL
);
