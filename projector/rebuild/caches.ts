import type { Redis } from '../../shared/adapters/redis/client.ts';
import { formatPosition, START } from '../../shared/events/position.ts';
import { laneInNotice, NOTICE_CHANNEL, type SentNotice } from '../../shared/read-model/notices.ts';
import { cacheCheckpointKey, licenseKey, userKey } from '../../shared/read-model/views.ts';

/**
 * Has the views written anew after read models were switched in that differ: each projector finds its lane's checkpoint
 * gone from Redis with its next write and goes over every view there, and the notices' gaps make the query nodes ask
 * PostgreSQL.
 * @param lanes all that the read models had or have
 * @param incomparable the new ones are of another log: views with its positions could be taken for older ones, so all
 *   are removed
 */
export async function outdateCaches(
  redis: Redis,
  lanes: readonly string[],
  incomparable: boolean,
): Promise<void> {
  if (incomparable) {
    for (const prefix of [licenseKey(''), userKey('')]) await removeKeys(redis, `${prefix}*`);
  }
  await redis.del(...lanes.map(cacheCheckpointKey));
  const start = formatPosition(START);
  for (const lane of lanes) {
    const place = { before: start, after: start };
    const notice: SentNotice = { ...laneInNotice(lane), ...place, users: [], licenses: [] };
    await redis.publish(NOTICE_CHANNEL, JSON.stringify(notice));
  }
}

async function removeKeys(redis: Redis, pattern: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1_000);
    if (keys.length > 0) await redis.unlink(...keys);
    cursor = next;
  } while (cursor !== '0');
}
