import { Gauge, type Registry } from 'prom-client';
import { watchConsumer } from '../../follow/metrics.ts';
import type { Status } from '../../follow/status.ts';
import { createWriteMetrics, watchParkedUsers } from '../../write/metrics.ts';

export type HistoryFollowerMetrics = ReturnType<typeof createHistoryMetrics>;

export function createHistoryMetrics(registry: Registry) {
  return {
    ...createWriteMetrics(registry, 'history'),
    differing: new Gauge({
      name: 'history_differing_events',
      help: 'Events that operators skipped after the history tables had them: a rebuild leaves them out',
      registers: [registry],
    }),
    watch(status: Pick<Status, 'state' | 'lag'>, parkedUsers: () => number): void {
      watchConsumer(registry, { lag: 'history_lag', state: 'history_state' }, status);
      watchParkedUsers(registry, 'history', parkedUsers);
    },
  };
}
