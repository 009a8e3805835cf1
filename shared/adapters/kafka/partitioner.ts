const SEED = 0x9747b28c | 0;
const MULTIPLIER = 0x5bd1e995;

/**
 * The partition that holds a user's events: that of Kafka's default partitioner (murmur2 of the key's bytes, made
 * positive, modulo the number of partitions), so every client that sends with the same key agrees.
 * @param userId in lower case, as the events have it
 */
export function partitionOf(userId: string, partitions: number): number {
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
  return ((hash ^ (hash >>> 15)) & 0x7fff_ffff) % partitions;
}
