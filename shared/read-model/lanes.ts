/**
 * A lane is a part of the users whose events come in order from one source, with a checkpoint of its own: all users
 * for the direct feed, those of one Kafka partition for the Kafka feed. The row of `feed_owner` says which it is now.
 */
export const DIRECT_LANE = 'direct';

export const kafkaLane = (partition: number): string => `kafka-${partition}`;

/**
 * The part of Kafka's default partitioner that does not depend on the topic: murmur2 of the key's bytes, made
 * positive. A user's partition is this modulo the number of partitions, as for every Java client that uses the key.
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
  `CASE WHEN ${owner}.partitions IS NULL THEN '${DIRECT_LANE}' ELSE 'kafka-' || (${hash} % ${owner}.partitions) END`;
