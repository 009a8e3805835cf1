import { Counter, Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS } from '../../shared/http/metrics.ts';
import { watchConsumer } from '../follow/metrics.ts';
import type { Status } from '../follow/status.ts';

export type RelayMetrics = ReturnType<typeof createRelayMetrics>;

export function createRelayMetrics(registry: Registry) {
  const registers = [registry];
  return {
    events: new Counter({
      name: 'relay_events_total',
      help: 'Events sent to Kafka and committed, by type',
      labelNames: ['type'],
      registers,
    }),
    batchSize: new Histogram({
      name: 'relay_batch_events',
      help: 'Events of a transaction',
      buckets: [1, 2, 5, 10, 50, 100, 500, 1_000, 5_000],
      registers,
    }),
    batchSeconds: new Histogram({
      name: 'relay_batch_duration_seconds',
      help: "Time of a batch: Kafka's transaction and the checkpoint",
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    watch(status: Pick<Status, 'state' | 'lag'>): void {
      watchConsumer(registry, { lag: 'relay_lag', state: 'relay_state' }, status);
    },
  };
}
