import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS } from '../../shared/http/metrics.ts';

/** What the relay is doing. */
export type RelayState =
  /** Waiting for PostgreSQL, its schema, the event store or Kafka, or for its turn after it was fenced. */
  | 'waiting'
  /** Another relay is active. */
  | 'standby'
  /** Events are sent as they come. */
  | 'following'
  /** It can't go on until somebody has done something; see the log. */
  | 'stopped';

const RELAY_STATES: readonly RelayState[] = ['waiting', 'standby', 'following', 'stopped'];

/** What is looked up when the metrics are read. */
export interface Observed {
  readonly state: RelayState;
  readonly lagEvents: number;
  readonly lagSeconds: number;
}

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
    watch(observe: () => Observed): void {
      new Gauge({
        name: 'relay_lag_events',
        help: 'Events that have arrived and are not in the topic yet',
        registers,
        collect() {
          this.set(observe().lagEvents);
        },
      });
      new Gauge({
        name: 'relay_lag_seconds',
        help: 'Age of the oldest event not in the topic yet; while the relay waits, since when it is not current',
        registers,
        collect() {
          this.set(observe().lagSeconds);
        },
      });
      new Gauge({
        name: 'relay_state',
        help: '1 for the state that the relay is in',
        labelNames: ['state'],
        registers,
        collect() {
          for (const state of RELAY_STATES) this.set({ state }, observe().state === state ? 1 : 0);
        },
      });
    },
  };
}
