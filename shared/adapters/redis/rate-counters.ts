import type { SharedCounters } from '../../http/limits/rate-limit.ts';
import type { Redis } from './client.ts';

/**
 * One script for a whole batch: half the commands of an INCRBY and a PEXPIRE for each key, and one answer. The expiry
 * is set once, when a counter begins.
 */
const ADD = `
local totals = {}
for i, key in ipairs(KEYS) do
  local total = redis.call('INCRBY', key, ARGV[i + 1])
  if total == tonumber(ARGV[i + 1]) then redis.call('PEXPIRE', key, ARGV[1]) end
  totals[i] = total
end
return totals
`;

/** The nodes' shared counters in one Redis (not a cluster: the keys of a batch would lie on different nodes). */
export function redisCounters(redis: Redis): SharedCounters {
  return {
    async add(changes, ttlMs) {
      const keys = changes.map((change) => change.key);
      const counts = changes.map((change) => change.count);
      const totals = await redis.eval(ADD, keys.length, ...keys, ttlMs, ...counts);
      return totals as number[];
    },
  };
}
