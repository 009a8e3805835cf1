-- What staff know of a user: the name that they gave and their own id of the user, both blank once the user is erased; and
-- whether the user has shown that the email is theirs.
ALTER TABLE users
  ADD COLUMN name text,
  ADD COLUMN email_verified boolean NOT NULL DEFAULT false,
  ADD COLUMN external_id text;
