import { once } from 'node:events';
import { copyFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectRedis, type Redis } from '../../../shared/adapters/redis/client.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { pidOf } from '../faults/signals.ts';
import type { System } from '../system.ts';

const logger = createLogger({ service: 'chaos', level: 'silent' });
/** Tells which data a Redis has. */
const MARKER = 'chaos:marker';

/** With a connection of the run's own. @throws Error nobody answers within 10 s */
export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = connectRedis({ url, name: 'chaos', logger, commandTimeoutMs: 10_000 });
  try {
    if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(10_000) });
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** Kills it, and has it start with what it held `ms` before. @throws Error it did not load that */
export async function restoreOlder(system: System, ms: number): Promise<void> {
  const url = system.setting('REDIS_URL');
  const dump = await withRedis(url, async (redis) => {
    await redis.set(MARKER, 'older');
    await redis.save();
    const [, directory] = (await redis.config('GET', 'dir')) as [string, string];
    const file = path.join(directory, 'dump.rdb');
    copyFileSync(file, `${file}.older`);
    await delay(ms);
    await redis.set(MARKER, 'newer');
    return file;
  });
  const pid = pidOf(system, 'redis');
  process.kill(pid, 'SIGKILL');
  // Its supervisor starts it again after a second.
  renameSync(`${dump}.older`, dump);
  const loaded = await eventually('redis runs again', () => pidOf(system, 'redis') !== pid && markerOf(url));
  if (loaded !== 'older') throw new Error(`redis came back with the ${loaded} data`);
}

const markerOf = (url: string): Promise<string | undefined> =>
  withRedis(url, async (redis) => (await redis.get(MARKER)) ?? 'no');

/** Makes one the replica of another, and resolves once it has all of it. */
export async function follow(replicaUrl: string, primaryPort: number): Promise<void> {
  await withRedis(replicaUrl, async (redis) => {
    await redis.replicaof('127.0.0.1', String(primaryPort));
    await eventually('the replica has caught up', async () =>
      (await redis.info('replication')).includes('master_link_status:up'),
    );
  });
}

export const promote = (url: string): Promise<unknown> =>
  withRedis(url, (redis) => redis.replicaof('NO', 'ONE'));
