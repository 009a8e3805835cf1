-- What query nodes need to know of a member of staff: whether an access token still counts. No secret and no digest of one.
CREATE TABLE staff (
  staff_id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('person', 'service')),
  name text NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'removed')),
  scopes text[] NOT NULL,
  scopes_revision bigint NOT NULL,             -- access tokens from before this revision have ended
  keys jsonb NOT NULL,                         -- in the order of their issuing, times in milliseconds since 1970
  revision bigint NOT NULL,                    -- of the last applied event
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
