import { once } from 'node:events';
import type { Redis } from './client.ts';

const KEY = 'license-system:ping';

/**
 * Resolves if Redis takes a write: a node that was demoted answers PING, and is of no use. A connection that is just
 * being made is waited for, until the signal fires; one that fails is not.
 */
export async function pingRedis(redis: Redis, signal: AbortSignal): Promise<void> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal });
  await redis.set(KEY, '', 'PX', 1_000);
}
