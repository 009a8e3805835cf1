import { connectRedis } from '../../../shared/adapters/redis/client.ts';
import { pingRedis } from '../../../shared/adapters/redis/ping.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import type { Fault } from './fault.ts';

const logger = createLogger({ service: 'chaos', level: 'silent' });

const flushed: Fault = {
  name: 'flush redis',
  group: 'stores',
  promised: 'all',
  emptiesRedis: true,
  inflict: async (system) => {
    const redis = connectRedis({ url: system.setting('REDIS_URL'), name: 'chaos', logger });
    try {
      await pingRedis(redis, AbortSignal.timeout(10_000));
      await redis.flushall();
    } finally {
      redis.disconnect();
    }
  },
};

export const storeFaults: readonly Fault[] = [flushed];
