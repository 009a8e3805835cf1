import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RateLimiter } from '../shared/http/limits/rate-limit.ts';
import { LATENCY_BUCKETS } from '../shared/http/metrics.ts';
import type { Passwords } from './accounts/passwords.ts';
import type { AppendOutcome } from './dependencies.ts';
import type { Executor } from './executor.ts';

/** How an append can go wrong; a conflict is none: it is decided again. */
const FAILURES = ['unknown', 'unavailable', 'failed'] as const satisfies readonly AppendOutcome[];

/** What an operator sees of the write side. */
export function createCommandMetrics(registry: Registry) {
  const registers = [registry];
  const outcomes = new Counter({
    name: 'commands_total',
    help: 'Commands by what came of them: changed, unchanged, repeated, or the code of the refusal',
    labelNames: ['command', 'outcome'],
    registers,
  });
  const appends = new Histogram({
    name: 'append_duration_seconds',
    help: 'Time of an append to the event log; a conflict is decided again',
    labelNames: ['outcome'],
    buckets: LATENCY_BUCKETS,
    registers,
  });
  const failures = new Counter({
    name: 'append_failures_total',
    help: 'Appends that failed: of unknown outcome, the event store unavailable, or for another reason',
    labelNames: ['kind'],
    registers,
  });
  // From nothing to one is no rise for Prometheus, so each begins at zero.
  for (const kind of FAILURES) failures.inc({ kind }, 0);
  const failed = new Set<AppendOutcome>(FAILURES);
  const onAppend = (seconds: number, outcome: AppendOutcome) => {
    appends.observe({ outcome }, seconds);
    if (failed.has(outcome)) failures.inc({ kind: outcome });
  };

  /** A value that is looked up when the metrics are read. */
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });

  return {
    outcomes,
    onAppend,
    watch(executor: Executor, passwords: Passwords, limiter: RateLimiter): void {
      gauge('state_cache_users', 'Users whose folded state is kept', () => executor.load().users);
      gauge('state_cache_bytes', 'Approximate size of the kept states', () => executor.load().bytes);
      gauge('users_with_commands', 'Users with commands under way', () => executor.load().busyUsers);
      gauge('password_hashes_running', 'Passwords being hashed', () => passwords.load.running);
      gauge('password_hashes_waiting', 'Passwords waiting to be hashed', () => passwords.load.waiting);
      gauge('rate_limit_keys', 'Keys of rate limits that are remembered', () => limiter.size);
      gauge('rate_limit_keys_evicted', 'Keys forgotten before their minute ended', () => limiter.evicted);
    },
  };
}
