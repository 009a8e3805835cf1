-- Mails that are due, and what became of them. No address, no token and no text stands here: all that is made when one is sent.
CREATE TABLE mails (
  mail_id uuid PRIMARY KEY,                    -- the event's id
  user_id uuid NOT NULL,
  kind text NOT NULL,
  revision bigint NOT NULL,                    -- of the event in its user's stream: it is sent once the read model has that
  data jsonb NOT NULL,                         -- what the event says beside its user
  -- 'dropped': there was nobody, or nothing any more, to send it for.
  status text NOT NULL CHECK (status IN ('pending', 'sent', 'failed', 'dropped')),
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz,                         -- of one that is pending
  try_until timestamptz NOT NULL,
  last_error text,                             -- without the addresses that a server names in it
  created_at timestamptz NOT NULL,             -- the event's time
  sent_at timestamptz,
  CHECK ((status = 'pending') = (next_at IS NOT NULL))
);
-- What somebody waits for goes first.
CREATE INDEX mails_due ON mails ((kind LIKE 'subscription-%'), next_at) WHERE status = 'pending';
CREATE INDEX mails_by_user ON mails (user_id, created_at, mail_id);
-- Lists, and the sweep.
CREATE INDEX mails_by_time ON mails (created_at, mail_id);
CREATE INDEX mails_not_sent ON mails (status, created_at, mail_id) WHERE status <> 'sent';
