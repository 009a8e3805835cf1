-- How many different machines showed their key on a day (UTC), by product. Counted with each day's first row of a license in
-- last_seen, which keeps only the latest day; a number, and of nobody, so it stays when a user is erased. A day may still grow
-- for some time after it has ended: nodes write in batches, and keep theirs while PostgreSQL is away.
CREATE TABLE machines_by_day (
  day date NOT NULL,
  product text NOT NULL,
  machines bigint NOT NULL,                    -- by license: a machine that was activated again on that day counts twice
  PRIMARY KEY (day, product)
) WITH (fillfactor = 50);                      -- few rows, which are written every few seconds
