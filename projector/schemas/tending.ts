import type { Logger } from '../../shared/logger.ts';

const EVERY_MS = 10 * 60_000;
/** Until this projector is active, and after a round that failed. */
const AGAIN_MS = 5_000;

export interface TendingOptions {
  /** One projector at a time does this. */
  readonly active: () => boolean;
  /** One round; it may fail and is then repeated soon. */
  readonly round: () => Promise<void>;
  readonly logger: Logger;
}

/** Repeats the housekeeping from time to time. `stop` waits for a round that is under way. */
export function startTending({ active, round, logger }: TendingOptions): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let tending: Promise<void> | undefined;
  let stopped = false;
  const schedule = (ms: number) => {
    if (!stopped) timer = setTimeout(run, ms);
  };
  const tend = async () => {
    if (!active()) return AGAIN_MS;
    try {
      await round();
      return EVERY_MS;
    } catch (error) {
      logger.warn({ err: error }, 'partitions_not_tended');
      return AGAIN_MS;
    }
  };
  const run = () => {
    tending = tend().then(schedule);
  };
  schedule(100);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await tending;
    },
  };
}
