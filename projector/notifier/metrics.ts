import { Counter, type Registry } from 'prom-client';
import { watchConsumer } from '../follow/metrics.ts';
import type { Status } from '../follow/status.ts';

export type NotifierMetrics = ReturnType<typeof createNotifierMetrics>;

export function createNotifierMetrics(registry: Registry) {
  const registers = [registry];
  return {
    events: new Counter({
      name: 'notifier_events_total',
      help: 'Events that were turned into what is due, or concern nobody',
      registers,
    }),
    leftOut: new Counter({
      name: 'webhook_events_left_out_total',
      help: 'Events that no webhook was told of because the read models do not hold them: parked, or skipped',
      registers,
    }),
    watch(status: Pick<Status, 'state' | 'lag'>): void {
      watchConsumer(registry, { lag: 'notifier_lag', state: 'notifier_state' }, status);
    },
  };
}
