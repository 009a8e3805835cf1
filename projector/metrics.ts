import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS } from '../shared/http/metrics.ts';
import { watchConsumer } from './follow/metrics.ts';
import type { Status } from './follow/status.ts';

export type ProjectorMetrics = ReturnType<typeof createProjectorMetrics>;

export function createProjectorMetrics(registry: Registry) {
  const registers = [registry];
  const gauge = (name: string, help: string, value: (() => number) | undefined) =>
    new Gauge({
      name,
      help,
      registers,
      ...(value && {
        collect(this: Gauge) {
          this.set(value());
        },
      }),
    });
  return {
    events: new Counter({
      name: 'projector_events_total',
      help: 'Events applied, by type',
      labelNames: ['type'],
      registers,
    }),
    parked: new Counter({ name: 'projector_parked_total', help: 'Events parked', registers }),
    batchSize: new Histogram({
      name: 'projector_batch_events',
      help: 'Events of a batch',
      buckets: [1, 2, 5, 10, 50, 100, 500, 1_000, 5_000],
      registers,
    }),
    batchSeconds: new Histogram({
      name: 'projector_batch_duration_seconds',
      help: "Time of a batch's transaction",
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    cacheFailures: new Counter({
      name: 'projector_cache_failures_total',
      help: 'Writes to Redis that failed; it is caught up afterwards',
      registers,
    }),
    cacheInStep: gauge('projector_cache_in_step', '1 while Redis holds what PostgreSQL holds', undefined),
    watch(status: Pick<Status, 'state' | 'lag'>, parkedUsers: () => number): void {
      watchConsumer(registry, { lag: 'projector_lag', state: 'projector_feed_state' }, status);
      gauge('projector_parked_users', 'Users with parked events', parkedUsers);
    },
  };
}
