import { Counter, Gauge, type Registry } from 'prom-client';

export interface DueMetrics {
  /** A job has looked, and done so many. */
  looked(task: string, done: number): void;
}

export function createDueMetrics(registry: Registry): DueMetrics {
  // Not `job`, as the logs have it: that label is Prometheus's own.
  const labelled = { labelNames: ['task'] as const, registers: [registry] };
  const done = new Counter({ name: 'due_done_total', help: 'What time made due, and was done', ...labelled });
  const looked = new Gauge({
    name: 'due_last_look_timestamp_seconds',
    help: 'When this node last looked for what is due; only one node does',
    ...labelled,
  });
  return {
    looked(task, count) {
      done.inc({ task }, count);
      looked.setToCurrentTime({ task });
    },
  };
}
