import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { logLinesLost } from '../process/log-output.ts';
import type { Health } from './health.ts';

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
  new Counter({
    name: 'log_lines_lost_total',
    help: 'Log lines that could not be written: the disk is full, or nobody reads them',
    registers,
    collect() {
      this.reset();
      this.inc(logLinesLost());
    },
  });
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

/** What the health checks last found, for alerts. The checks run by themselves: reading the metrics asks nobody. */
export function exportHealth(registry: Registry, health: Health): void {
  const registers = [registry];
  new Gauge({
    name: 'service_ready',
    help: '1 while the service can do its work, 0 while it cannot or is being stopped',
    registers,
    collect() {
      this.set(health.ready ? 1 : 0);
    },
  });
  new Gauge({
    name: 'dependency_up',
    help: '1 while the dependency answers',
    labelNames: ['dependency'],
    registers,
    collect() {
      for (const [dependency, state] of Object.entries(health.report().dependencies)) {
        this.set({ dependency }, state === 'up' ? 1 : 0);
      }
    },
  });
}
