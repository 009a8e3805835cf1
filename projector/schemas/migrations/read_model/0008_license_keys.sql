-- What a license key still activates, and for whom. Neither the key nor a digest of it: its id names it.
CREATE TABLE license_keys (
  key_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  product text NOT NULL,
  imported boolean NOT NULL,                   -- another system made its text
  uses integer,                                -- different clients that it may activate; null without a limit
  used integer NOT NULL,                       -- those that it has activated
  uses_left integer GENERATED ALWAYS AS (CASE WHEN used > uses THEN 0 ELSE uses - used END) STORED,
  expires_at timestamptz,
  revoked boolean NOT NULL,
  -- The state as the events left it; `expired` depends on the time of reading, and goes before `used_up`.
  status text NOT NULL GENERATED ALWAYS AS
    (CASE WHEN revoked THEN 'revoked' WHEN used >= uses THEN 'used_up' ELSE 'good' END) STORED,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX license_keys_user ON license_keys (user_id, key_id);
