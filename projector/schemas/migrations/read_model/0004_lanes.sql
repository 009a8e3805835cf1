-- The Kafka feed: one checkpoint for each partition of the topic, and one row that says whose turn it is to write.

-- Which feed may write. Both check it in every transaction, so that a setting that is changed process by process can't
-- make both write. No row: the direct feed, and nobody has written yet.
CREATE TABLE feed_owner (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  feed text NOT NULL CHECK (feed IN ('event_store', 'kafka')),
  topic text CHECK ((topic IS NOT NULL) = (feed = 'kafka')),
  partitions integer CHECK ((partitions IS NOT NULL) = (feed = 'kafka'))
);

-- Of the last record that was applied or passed over; null for the direct feed, and before the first record.
ALTER TABLE checkpoints ADD COLUMN kafka_offset bigint;
