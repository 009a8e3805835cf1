/**
 * The log's one table. Positions are given by the single writer, so they have no sequence (a sequence leaves gaps
 * when a transaction rolls back, and hands out numbers in an order other than that of the commits).
 */
export const SCHEMA = `
CREATE SCHEMA IF NOT EXISTS event_store;
CREATE TABLE IF NOT EXISTS event_store.events (
  position bigint NOT NULL PRIMARY KEY CHECK (position > 0),
  stream text COLLATE "C" NOT NULL,
  revision bigint NOT NULL CHECK (revision >= 0),
  id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  is_json boolean NOT NULL,
  created bigint NOT NULL,
  data bytea NOT NULL,
  metadata bytea NOT NULL,
  UNIQUE (stream, revision)
);
COMMENT ON COLUMN event_store.events.created IS 'the server''s time, in microseconds since 1970';
`;
