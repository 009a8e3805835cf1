import type { Logger } from '../../shared/process/logger.ts';

const EVERY_MS = 10 * 60_000;
/** Until this process leads, and after a round that failed. */
const AGAIN_MS = 5_000;

export interface MaintenanceOptions {
  /** Only the process that leads does this. */
  readonly active: () => boolean;
  /** One round; it may fail and is then repeated soon. */
  readonly round: () => Promise<void>;
  readonly logger: Logger;
}

/** Repeats the maintenance of the tables from time to time. `stop` waits for a round that is under way. */
export function startMaintenance({ active, round, logger }: MaintenanceOptions): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;
  const schedule = (ms: number) => {
    if (!stopped) timer = setTimeout(run, ms);
  };
  const maintain = async () => {
    if (!active()) return AGAIN_MS;
    try {
      await round();
      return EVERY_MS;
    } catch (error) {
      logger.warn({ err: error }, 'maintenance_failed');
      return AGAIN_MS;
    }
  };
  const run = () => {
    running = maintain().then(schedule);
  };
  schedule(100);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
