import { ADVISORY_LOCKS } from '../../shared/adapters/postgres/advisory-locks.ts';
import { lead } from '../../shared/adapters/postgres/leadership.ts';
import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/process/logger.ts';
import { sleep } from '../../shared/sleep.ts';
import type { DueJob } from './job.ts';
import type { DueMetrics } from './metrics.ts';

export interface DueOptions {
  /** For the lock alone. */
  readonly pool: Pool;
  readonly jobs: readonly DueJob[];
  /** @throws while the node's clock is wrong: then nothing is due */
  readonly clock: Clock;
  readonly metrics: DueMetrics;
  readonly logger: Logger;
  /** How often is looked for what is due; a minute unless given. */
  readonly everyMs?: number;
}

const EVERY_MS = 60_000;
const RETRY_MS = 5_000;

/** Does what time makes due, on one command node at a time: the lock saves the others the work, and is not what makes it safe. */
export function startDue(options: DueOptions): { stop(): Promise<void> } {
  const { pool, jobs, clock, metrics, logger, everyMs = EVERY_MS } = options;
  const stopping = new AbortController();

  async function look(job: DueJob, signal: AbortSignal): Promise<void> {
    try {
      const done = await job.run(clock(), signal);
      metrics.looked(job.name, done);
      if (done > 0) logger.info({ job: job.name, done }, 'due');
    } catch (error) {
      logger.warn({ err: error, job: job.name }, 'due_failed'); // the next look finds it again
    }
  }

  async function leading(lost: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stopping.signal, lost]);
    while (!signal.aborted) {
      for (const job of jobs) if (!signal.aborted) await look(job, signal);
      await sleep(everyMs, signal);
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const leadership = await lead(pool, ADVISORY_LOCKS.due, stopping.signal, {
          standby: () => logger.debug('due_standby'),
          confirmed: () => undefined,
        });
        logger.info('due_leading');
        await leading(leadership.lost).finally(() => leadership.release());
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ err: error }, 'due_not_leading');
        await sleep(RETRY_MS, stopping.signal);
      }
    }
  }

  const running = jobs.length > 0 ? run() : undefined;
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
