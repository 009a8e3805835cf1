-- The key vault. It belongs to the write side and can't be rebuilt from events: it has a backup of its own.
-- An erased key goes on standing in the write-ahead log and in backups until those are dropped.

CREATE TABLE data_keys (
  user_id uuid PRIMARY KEY,
  wrapped_key bytea,                           -- 256 bits under the master key; null: a tombstone, which stays
  created_at timestamptz NOT NULL,
  erased_at timestamptz,
  CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL))
);

CREATE TABLE digest_keys (
  name text PRIMARY KEY,
  wrapped_key bytea NOT NULL,
  created_at timestamptz NOT NULL
);

-- A key is inserted once: a second value would make what was sealed under the first unreadable, or a digest
-- another stream. What the code never does, a hand at a prompt can't do either.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a key of the vault is never changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER data_keys_only_tombstoned BEFORE UPDATE ON data_keys
  FOR EACH ROW WHEN (NEW.wrapped_key IS NOT NULL OR NEW.user_id <> OLD.user_id) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER data_keys_never_deleted BEFORE DELETE ON data_keys
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER digest_keys_never_changed BEFORE UPDATE OR DELETE ON digest_keys
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
