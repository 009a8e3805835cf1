-- Read models follow the event log alone, under the one checkpoint 'direct'.
--
-- Where they followed the partitions of a Kafka topic, they go on from the partition that was furthest behind, with the
-- last event that any of them had applied up to there. What others had applied beyond comes again, and is recognised by
-- the users' revisions.
WITH followed AS (
  SELECT COALESCE(c.position_commit, 0) AS position_commit, COALESCE(c.position_prepare, 0) AS position_prepare,
    c.last_event_id, c.last_event_commit, c.last_event_prepare, c.last_event_at
  FROM feed_owner f CROSS JOIN generate_series(0, f.partitions - 1) AS n
  LEFT JOIN checkpoints c ON c.name = 'kafka-' || n
), least AS (
  SELECT position_commit, position_prepare FROM followed ORDER BY position_commit, position_prepare LIMIT 1
), latest AS (
  SELECT last_event_id, last_event_commit, last_event_prepare, last_event_at FROM followed, least
  WHERE (last_event_commit, last_event_prepare) <= (least.position_commit, least.position_prepare)
  ORDER BY last_event_commit DESC, last_event_prepare DESC LIMIT 1
)
INSERT INTO checkpoints (name, position_commit, position_prepare,
  last_event_id, last_event_commit, last_event_prepare, last_event_at, generation)
SELECT 'direct', least.position_commit, least.position_prepare,
  latest.last_event_id, latest.last_event_commit, latest.last_event_prepare, latest.last_event_at,
  (SELECT max(generation) + 1 FROM checkpoints)
FROM least LEFT JOIN latest ON true;

DELETE FROM checkpoints WHERE name <> 'direct';
DELETE FROM feed_owner;

-- Processes of the release before run on while they are replaced. They read this table, empty as for the log's own feed,
-- and write the column checkpoints.kafka_offset, so both stay for one release; none of them may change the feed back.
ALTER TABLE feed_owner ADD CONSTRAINT feed_owner_is_the_log CHECK (feed = 'event_store');
