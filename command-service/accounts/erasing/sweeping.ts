import type { Logger } from '../../../shared/process/logger.ts';
import type { Executor } from '../../executor.ts';

const EVERY_MS = 60_000;

/** Finishes erasures that a crash cut off: now, and from time to time. A sweep that fails is tried again. */
export function startSweeping(
  executor: Pick<Executor, 'sweepErasures'>,
  logger: Logger,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let sweeping: Promise<void> | undefined;
  const sweep = async () => {
    try {
      const finished = await executor.sweepErasures(stopping.signal);
      if (finished > 0) logger.info({ finished }, 'erasures_finished');
    } catch (error) {
      logger.warn({ err: error }, 'erasure_sweep_failed');
    }
  };
  const run = () => {
    sweeping ??= sweep().finally(() => {
      sweeping = undefined;
    });
  };
  run();
  const timer = setInterval(run, EVERY_MS);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await sweeping;
    },
  };
}
