-- Users whose usage is to be removed. Written with the erasing itself; the rows go when the removal is known to be whole.
CREATE TABLE erasures (
  user_id uuid PRIMARY KEY,
  erased_at timestamptz NOT NULL DEFAULT now()  -- of the database's clock: how long ago is all that is asked of it
);
