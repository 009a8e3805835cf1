import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../support/random.ts';
import { alterSystem, takeAllConnections } from '../stores/postgres.ts';
import { restoreOlder, withRedis } from '../stores/redis.ts';
import type { Fault } from './fault.ts';

/** 2 to 7 s. */
export const aWhile = (random: Random): Promise<unknown> => delay(2_000 + random.below(5_000));

/** What is done to a store through its own commands. */
const faults: readonly Pick<Fault, 'name' | 'left' | 'emptiesRedis' | 'inflict'>[] = [
  {
    name: 'flush redis',
    emptiesRedis: true,
    inflict: (system) =>
      withRedis(system.setting('REDIS_URL'), async (redis) => void (await redis.flushall())),
  },
  {
    name: 'restore redis from an older snapshot',
    emptiesRedis: true,
    inflict: (system, random) => restoreOlder(system, 2_000 + random.below(5_000)),
  },
  {
    name: 'make postgres read-only',
    inflict: async (system, random) => {
      const url = system.setting('DATABASE_URL');
      await alterSystem(url, 'SET default_transaction_read_only = on');
      await aWhile(random).finally(() => alterSystem(url, 'RESET default_transaction_read_only'));
    },
  },
  {
    name: 'take all connections of postgres',
    left: 'caches',
    inflict: (system, random) => takeAllConnections(system.setting('DATABASE_URL'), () => aWhile(random)),
  },
];

export const storeFaults: readonly Fault[] = faults.map((fault) => ({
  ...fault,
  group: 'stores',
  promised: 'all' as const,
}));
