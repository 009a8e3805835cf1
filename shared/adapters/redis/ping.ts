import { once } from 'node:events';
import type { Redis } from './client.ts';

/**
 * Resolves if Redis answers. A connection that is just being made is waited for, until the signal fires; one that
 * fails is not.
 */
export async function pingRedis(redis: Redis, signal: AbortSignal): Promise<void> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal });
  await redis.ping();
}
