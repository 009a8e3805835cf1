import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds; fine where the promises lie (10 ms, 100 ms), coarse beyond. */
export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A service's metrics: a registry of its own, so that several services can run in one process. */
export interface Metrics {
  readonly registry: Registry;
  /** Time of a request, by method, route template and status. */
  readonly requests: Histogram<'method' | 'route' | 'status'>;
  readonly inFlight: Gauge;
  /** Requests refused by a rate limit, by the limit's name. */
  readonly rateLimited: Counter<'limit'>;
}

/** Names are those of Prometheus; every metric carries the service's name. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  // Process, memory, garbage collection and the event loop's lag.
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    requests: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from a request to the end of its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    inFlight: new Gauge({ name: 'http_requests_in_flight', help: 'Requests being answered now', registers }),
    rateLimited: new Counter({
      name: 'http_rate_limited_total',
      help: 'Requests refused by a rate limit',
      labelNames: ['limit'],
      registers,
    }),
  };
}
