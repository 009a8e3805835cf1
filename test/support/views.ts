import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { Redis } from '../../shared/adapters/redis/client.ts';
import { type CachedPair, readPair } from '../../shared/read-model/cached-views.ts';
import { type LoadedPair, loadPairs } from '../../shared/read-model/load-views.ts';
import { CACHE_CHECKPOINT_KEY } from '../../shared/read-model/views.ts';

export async function loadPair(db: Queryable, licenseId: string, userId: string): Promise<LoadedPair> {
  const [pair] = await loadPairs(db, [{ licenseId, userId }]);
  return pair as LoadedPair;
}

/** The epoch that the views in Redis are of; empty if it says none. */
export const currentEpoch = async (redis: Redis): Promise<string> =>
  (await redis.hget(CACHE_CHECKPOINT_KEY, 'e')) ?? '';

/** What query nodes believe of what Redis holds. */
export const readBelieved = async (redis: Redis, licenseId: string, userId: string): Promise<CachedPair> =>
  readPair(redis, licenseId, userId, await currentEpoch(redis));
