-- People who are staff: what names them, whether they have set up their log-in, and their sessions that were not ended.
ALTER TABLE staff
  ALTER COLUMN name DROP NOT NULL,                     -- null once a person was removed
  ADD COLUMN email text,                               -- of a person
  ADD COLUMN is_ready boolean NOT NULL DEFAULT true,   -- false until a person has a password and a second factor
  ADD COLUMN sessions jsonb NOT NULL DEFAULT '[]';     -- the oldest first, times in milliseconds since 1970
