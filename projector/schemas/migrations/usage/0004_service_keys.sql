-- The last day on which a key of a service account was used: what nobody uses any more can be revoked.
CREATE TABLE service_key_uses (
  key_id uuid PRIMARY KEY,
  last_used_on date NOT NULL                   -- UTC
);
