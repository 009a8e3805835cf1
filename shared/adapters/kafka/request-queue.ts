import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/**
 * kafkajs 2.2.4 looks after the requests that wait on a connection with a timer that it sets even where none waits,
 * and then in the past: Node makes that a millisecond and says so (TimeoutNegativeWarning), and an idle connection
 * wakes a thousand times a second (2.5 % of a core, measured). The driver's other calls set the timer whenever a
 * request does wait, so here the ones that nothing waits for are left out. Hiding the warning was the alternative; it
 * needs a flag on each process, and leaves the timer.
 */
export function quietIdleConnections(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as {
    prototype: RequestQueue;
  };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
}
