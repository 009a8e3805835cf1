import { Counter, Gauge, type Registry } from 'prom-client';

export interface DueMetrics {
  /** A job has looked, and done so many. */
  looked(job: string, done: number): void;
}

export function createDueMetrics(registry: Registry): DueMetrics {
  const labelled = { labelNames: ['job'] as const, registers: [registry] };
  const done = new Counter({ name: 'due_done_total', help: 'What time made due, and was done', ...labelled });
  const looked = new Gauge({
    name: 'due_last_look_timestamp_seconds',
    help: 'When this node last looked for what is due; only one node does',
    ...labelled,
  });
  return {
    looked(job, count) {
      done.inc({ job }, count);
      looked.setToCurrentTime({ job });
    },
  };
}
