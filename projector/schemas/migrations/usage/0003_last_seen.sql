-- When each client last showed its key. A measurement, like the counts: what it decides is the order in which people are shown
-- the clients that they could do without.
CREATE TABLE last_seen (
  license_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  day date NOT NULL,                           -- of UTC
  app_version text                             -- of the program, as it last named it
) WITH (fillfactor = 80);                      -- a row changes each day, and no indexed column of it: its page has room
-- An erased user's rows are removed.
CREATE INDEX last_seen_user ON last_seen (user_id);
