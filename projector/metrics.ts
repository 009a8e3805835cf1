import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS } from '../shared/http/metrics.ts';

/** What the projector is doing. */
export type FeedState =
  /** Waiting for PostgreSQL, its schema or the event store. */
  | 'waiting'
  /** Another projector is active. */
  | 'standby'
  /** Events are applied as they come. */
  | 'following'
  /** It can't go on until somebody has done something; see the log. */
  | 'stopped';

const FEED_STATES: readonly FeedState[] = ['waiting', 'standby', 'following', 'stopped'];

/** What is looked up when the metrics are read. */
export interface Observed {
  readonly state: FeedState;
  readonly lagEvents: number;
  readonly lagSeconds: number;
  readonly parkedUsers: number;
}

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
    watch(observe: () => Observed): void {
      gauge(
        'projector_lag_events',
        'Events that have arrived and are not applied yet',
        () => observe().lagEvents,
      );
      gauge('projector_lag_seconds', 'Age of the oldest event not applied yet', () => observe().lagSeconds);
      gauge('projector_parked_users', 'Users with parked events', () => observe().parkedUsers);
      new Gauge({
        name: 'projector_feed_state',
        help: '1 for the state that the feed is in',
        labelNames: ['state'],
        registers,
        collect() {
          for (const state of FEED_STATES) this.set({ state }, observe().state === state ? 1 : 0);
        },
      });
    },
  };
}
