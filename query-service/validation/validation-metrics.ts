import { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from '../../shared/http/metrics.ts';
import { PROBLEMS, type ProblemCode } from '../../shared/http/problems/problem-codes.ts';

/** The faults that a validation may meet. From nothing to one is no rise for Prometheus, so each begins at zero. */
const FAULTS: readonly ProblemCode[] = [
  'busy',
  'database_unavailable',
  'internal_error',
  'read_model_behind',
  'read_model_parked',
  'signing_unavailable',
];

/** Seconds. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export interface ValidationMetrics {
  /** Time of a validation, whatever its layer. */
  readonly duration: Histogram;
  readonly validations: Counter<'code' | 'layer'>;
  readonly stale: Counter;
  readonly problems: Counter<'code' | 'status'>;
  readonly distrusts: Counter<'cause'>;
  readonly notices: Counter;
}

/**
 * What an operator sees of validations.
 * @param sizes what validation holds in memory: kind → number of entries
 * @param trust what is believed now
 */
export function createValidationMetrics(
  { registry }: Metrics,
  sizes: Readonly<Record<string, () => number>>,
  trust: { readonly silent: boolean; readonly cacheTrusted: boolean },
): ValidationMetrics {
  const registers = [registry];
  new Gauge({
    name: 'validation_notices_missing',
    help: "1 while the projector's notices are missing",
    registers,
    collect() {
      this.set(trust.silent ? 1 : 0);
    },
  });
  new Gauge({
    name: 'validation_redis_trusted',
    help: '1 while what Redis says is believed: it is known to be as far as PostgreSQL',
    registers,
    collect() {
      this.set(trust.cacheTrusted ? 1 : 0);
    },
  });
  new Gauge({
    name: 'validation_memory_entries',
    help: 'Entries that validation holds in memory',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const [kind, size] of Object.entries(sizes)) this.set({ kind }, size());
    },
  });
  const problems = new Counter({
    name: 'validation_problems_total',
    help: 'Validations that ended in a problem, by its code and HTTP status',
    labelNames: ['code', 'status'],
    registers,
  });
  for (const code of FAULTS) problems.inc({ code, status: String(PROBLEMS[code].status) }, 0);
  return {
    problems,
    duration: new Histogram({
      name: 'validation_duration_seconds',
      help: 'Time from a validation request to the end of its answer',
      buckets: BUCKETS,
      registers,
    }),
    validations: new Counter({
      name: 'validations_total',
      help: 'Validations by code and by the layer that answered',
      labelNames: ['code', 'layer'],
      registers,
    }),
    stale: new Counter({
      name: 'validations_stale_total',
      help: 'Validations answered from old knowledge, because no layer below could answer',
      registers,
    }),
    notices: new Counter({
      name: 'validation_notices_total',
      help: "The projector's notices that were received, heartbeats included",
      registers,
    }),
    distrusts: new Counter({
      name: 'validation_distrusts_total',
      help: 'Times that memory was distrusted as a whole, by cause',
      labelNames: ['cause'],
      registers,
    }),
  };
}
