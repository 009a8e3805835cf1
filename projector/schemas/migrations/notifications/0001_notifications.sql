-- What the notifier knows and has to send. No read model: the log alone does not tell what was delivered, so none of it can be
-- rebuilt; what is lost with it can be sent again from a position of the log.

-- How far the log has been turned into what is due. One row, once the notifier has run.
CREATE TABLE checkpoints (
  name text PRIMARY KEY CHECK (name = 'notifier'),
  -- Null where the log was empty when the notifier began.
  last_event_id uuid,
  last_event_commit bigint,
  last_event_prepare bigint,
  last_event_at timestamptz,                   -- the log's time
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (num_nulls(last_event_id, last_event_commit, last_event_prepare, last_event_at) IN (0, 4))
);

-- The endpoints, as the events of their streams left them.
CREATE TABLE webhooks (
  webhook_id uuid PRIMARY KEY,
  url text NOT NULL,
  types text[],                                -- null: every type
  product text,                                -- null: every product
  description text,
  -- A removed one stays for as long as its deliveries are kept.
  status text NOT NULL CHECK (status IN ('enabled', 'disabled', 'removed')),
  disabled_reason text CHECK (disabled_reason IN ('gone', 'failing', 'staff')),
  secret_id uuid NOT NULL,
  -- Signs beside the other one until then.
  previous_secret_id uuid,
  previous_secret_until timestamptz,
  -- What the sender has found. From then on nothing is sent there, until a command node has appended WebhookDisabled.
  found text CHECK (found IN ('gone', 'failing')),
  found_at timestamptz,
  revision bigint NOT NULL,                    -- of the last event of its stream
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK (num_nulls(previous_secret_id, previous_secret_until) IN (0, 2)),
  CHECK (num_nulls(found, found_at) IN (0, 2))
);

CREATE TABLE deliveries (
  webhook_id uuid NOT NULL,
  event_id uuid NOT NULL,                      -- the header webhook-id
  -- What is sent in order: a user's deliveries, or one that stands alone (a test).
  queue_id uuid NOT NULL,
  user_id uuid,
  -- Where the event stands in the log; 0 for a test.
  position_commit bigint NOT NULL DEFAULT 0,
  position_prepare bigint NOT NULL DEFAULT 0,
  type text NOT NULL,                          -- the public one
  body text NOT NULL,                          -- the JSON that is sent and signed, byte for byte
  status text NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz,                         -- of one that is waiting for another attempt
  last_status integer,                         -- the answer's, of the last attempt
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  delivered_at timestamptz,
  PRIMARY KEY (webhook_id, event_id)
);
-- The first of a queue.
CREATE INDEX deliveries_due ON deliveries (webhook_id, queue_id, position_commit, position_prepare) WHERE status = 'pending';
-- Erasing.
CREATE INDEX deliveries_by_user ON deliveries (user_id);
-- Lists.
CREATE INDEX deliveries_by_time ON deliveries (webhook_id, created_at, event_id);
CREATE INDEX deliveries_by_status ON deliveries (webhook_id, status, created_at, event_id);
-- The sweep.
CREATE INDEX deliveries_by_age ON deliveries (created_at);

-- One row for each queue that has something pending: the sender looks here, and at the first delivery of each queue alone. So
-- a poll costs the same however much waits behind a delivery that fails.
CREATE TABLE delivery_queues (
  webhook_id uuid NOT NULL,
  queue_id uuid NOT NULL,
  next_at timestamptz NOT NULL,
  PRIMARY KEY (webhook_id, queue_id)
) WITH (fillfactor = 70);
CREATE INDEX delivery_queues_due ON delivery_queues (webhook_id, next_at);
