import { Counter, Gauge, type Registry } from 'prom-client';
import { watchConsumer } from './follow/metrics.ts';
import type { Status } from './follow/status.ts';
import { createWriteMetrics, watchParkedUsers } from './write/metrics.ts';

export type ProjectorMetrics = ReturnType<typeof createProjectorMetrics>;

export function createProjectorMetrics(registry: Registry) {
  const registers = [registry];
  return {
    ...createWriteMetrics(registry, 'projector'),
    cacheFailures: new Counter({
      name: 'projector_cache_failures_total',
      help: 'Writes to Redis that failed; it is caught up afterwards',
      registers,
    }),
    cacheInStep: new Gauge({
      name: 'projector_cache_in_step',
      help: '1 while Redis holds what PostgreSQL holds',
      registers,
    }),
    watch(status: Pick<Status, 'state' | 'lag'>, parkedUsers: () => number): void {
      watchConsumer(registry, { lag: 'projector_lag', state: 'projector_feed_state' }, status);
      watchParkedUsers(registry, 'projector', parkedUsers);
    },
  };
}
