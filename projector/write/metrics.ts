import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS } from '../../shared/http/metrics.ts';

/** What is counted of a writer's batches. */
export interface WriteMetrics {
  readonly events: Counter<'type'>;
  readonly parked: Counter;
  readonly batchSize: Histogram;
  readonly batchSeconds: Histogram;
}

/** @param prefix what the names begin with: who writes */
export function createWriteMetrics(registry: Registry, prefix: string): WriteMetrics {
  const registers = [registry];
  return {
    events: new Counter({
      name: `${prefix}_events_total`,
      help: 'Events applied, by type',
      labelNames: ['type'],
      registers,
    }),
    parked: new Counter({ name: `${prefix}_parked_total`, help: 'Events parked', registers }),
    batchSize: new Histogram({
      name: `${prefix}_batch_events`,
      help: 'Events of a batch',
      buckets: [1, 2, 5, 10, 50, 100, 500, 1_000, 5_000],
      registers,
    }),
    batchSeconds: new Histogram({
      name: `${prefix}_batch_duration_seconds`,
      help: "Time of a batch's transaction",
      buckets: LATENCY_BUCKETS,
      registers,
    }),
  };
}

/** How many users have parked events, looked up when the metrics are read. */
export function watchParkedUsers(registry: Registry, prefix: string, parkedUsers: () => number): void {
  new Gauge({
    name: `${prefix}_parked_users`,
    help: 'Users with parked events',
    registers: [registry],
    collect() {
      this.set(parkedUsers());
    },
  });
}
