-- How far each topic of Kafka is, as its relay has stored it after Kafka's commit.
CREATE TABLE checkpoints (
  topic text PRIMARY KEY,
  -- As many as the topic had when a relay first saw it: with another number users would change their partitions.
  partitions integer NOT NULL CHECK (partitions > 0),
  -- The last event that is in the topic; null before the first.
  last_event_id uuid,
  last_event_commit bigint,
  last_event_prepare bigint,
  -- The log's time.
  last_event_at timestamptz,
  -- By partition, the offset behind the last record sent: a topic that ends earlier is another one, or has lost some.
  ends bigint[] NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (cardinality(ends) = partitions),
  CHECK (num_nulls(last_event_id, last_event_commit, last_event_prepare, last_event_at) IN (0, 4))
);
