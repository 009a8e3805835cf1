/**
 * A lane is a part of the users whose events come in order from one source, with a checkpoint of its own: all users
 * for the direct feed, those of one Kafka partition for the Kafka feed. The row of `feed_owner` says which it is now.
 */
export const DIRECT_LANE = 'direct';

export const kafkaLane = (partition: number): string => `kafka-${partition}`;

/**
 * The part of Kafka's default partitioner that does not depend on the topic: murmur2 of the key's bytes, made
 * positive. The id must be in lower case, as the events have it. A user's partition is this modulo the number of partitions, as for every Java client that uses the key.
 */
export function partitionHash(userId: string): number {
  const key = Buffer.from(userId);
  let hash = SEED ^ key.length;
  const words = key.length & ~3;
  for (let at = 0; at < words; at += 4) {
    let word = Math.imul(key.readInt32LE(at), MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  const rest = key.length - words;
  if (rest > 0) hash = Math.imul(hash ^ key.readUIntLE(words, rest), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return (hash ^ (hash >>> 15)) & 0x7fff_ffff;
}

const SEED = 0x9747b28c | 0;
const MULTIPLIER = 0x5bd1e995;

/** The partition of `license-events` that holds a user's events. */
export const partitionOf = (userId: string, partitions: number): number => partitionHash(userId) % partitions;

/**
 * SQL for the name of a user's lane.
 * @param owner alias of the row of `feed_owner`, left-joined: without one it is the direct feed's
 * @param hash an SQL expression of what {@link partitionHash} gives
 */
export const laneSql = (owner: string, hash: string): string =>
  `COALESCE('kafka-' || (${hash} % ${owner}.partitions), '${DIRECT_LANE}')`;

/**
 * SQL: the row of `feed_owner`, nulls where there is none; always one row. As a scalar query: of a joined table that
 * is empty PostgreSQL assumes many rows, and compiled the load of twenty views for 30 ms.
 */
export const FEED_OWNER = '(SELECT (SELECT partitions FROM read_model.feed_owner) AS partitions)';

/**
 * SQL: the lanes that are followed now, each with its checkpoint, as `lane`, `position_commit`, `position_prepare` and
 * `generation`. One that has no checkpoint yet is at the start; one that belongs to the other feed is none of them.
 */
export const LANES = `
SELECT followed.lane, COALESCE(c.position_commit, 0) AS position_commit,
  COALESCE(c.position_prepare, 0) AS position_prepare, COALESCE(c.generation, 0) AS generation
FROM ${FEED_OWNER} f
CROSS JOIN LATERAL (
  SELECT ${laneSql('f', 'n')} AS lane FROM generate_series(0, COALESCE(f.partitions, 1) - 1) AS n
) followed
LEFT JOIN read_model.checkpoints c ON c.name = followed.lane`;

/** SQL: `commit` and `prepare` of the lane that is furthest behind; one row. Every lane has gone past it. */
export const LEAST_CHECKPOINT = `
SELECT position_commit AS commit, position_prepare AS prepare FROM (${LANES}) lanes
ORDER BY position_commit, position_prepare LIMIT 1`;
