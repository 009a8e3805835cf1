import type { Redis } from '../../shared/adapters/redis/client.ts';
import { formatPosition, START } from '../../shared/event-log/position.ts';
import { NOTICE_CHANNEL, type Notice } from '../../shared/read-model/notices.ts';
import { CACHE_CHECKPOINT_KEY, licenseKey, userKey } from '../../shared/read-model/views.ts';

/**
 * Has no cached view believed after read models were switched in that differ: the projector finds its checkpoint gone
 * from Redis with its next write and begins an epoch, and the notice's gap makes the query nodes ask PostgreSQL.
 * @param incomparable the new ones are of another log: views with its positions could be taken for older ones, so all
 *   are removed
 */
export async function outdateCaches(redis: Redis, incomparable: boolean): Promise<void> {
  if (incomparable) {
    for (const prefix of [licenseKey(''), userKey('')]) await removeKeys(redis, `${prefix}*`);
  }
  await redis.del(CACHE_CHECKPOINT_KEY);
  const start = formatPosition(START);
  const notice: Notice = { before: start, after: start, users: [], licenses: [] };
  await redis.publish(NOTICE_CHANNEL, JSON.stringify(notice));
}

async function removeKeys(redis: Redis, pattern: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1_000);
    if (keys.length > 0) await redis.unlink(...keys);
    cursor = next;
  } while (cursor !== '0');
}
