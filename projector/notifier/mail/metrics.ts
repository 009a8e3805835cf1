import { Counter, Gauge, type Registry } from 'prom-client';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import type { MailOutcome } from './due.ts';

export type MailMetrics = ReturnType<typeof createMailMetrics>;

const WAITING = `
SELECT count(*) FILTER (WHERE status = 'pending')::integer AS pending, count(*) FILTER (WHERE status = 'failed')::integer AS failed,
  coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE status = 'pending')), 0)::float8 AS seconds
FROM notifications.mails WHERE status IN ('pending', 'failed')`;

interface Waiting {
  readonly pending: number;
  readonly failed: number;
  readonly seconds: number;
}

const OUTCOMES: readonly MailOutcome['kind'][] = ['sent', 'retry', 'failed', 'dropped', 'later'];

/** What an operator sees of mail. Both gauges are set by the one question that the first one asks. */
export function createMailMetrics(registry: Registry, pool: Pool, logger: Logger) {
  const registers = [registry];
  const oldest = new Gauge({
    name: 'mail_pending_seconds',
    help: 'Age of the oldest mail that is still to be sent',
    registers,
  });
  new Gauge({
    name: 'mails',
    help: 'Mails that are still to be sent (pending), and that could not be sent (failed: parked)',
    labelNames: ['status'],
    registers,
    async collect() {
      try {
        const [waiting] = (await pool.query<Waiting>(WAITING)).rows;
        this.set({ status: 'pending' }, waiting?.pending ?? 0);
        this.set({ status: 'failed' }, waiting?.failed ?? 0);
        oldest.set(waiting?.seconds ?? 0);
      } catch (error) {
        logger.debug({ err: error }, 'mails_not_counted'); // the other metrics are read all the same
      }
    },
  });
  const attempts = new Counter({
    name: 'mail_attempts_total',
    help: 'What became of mails when they were due: sent, retry, failed, dropped, or later (the read model does not have the event yet)',
    labelNames: ['outcome'],
    registers,
  });
  // From nothing to one is no rise for Prometheus, so each begins at zero.
  for (const outcome of OUTCOMES) attempts.inc({ outcome }, 0);
  return { attempts };
}
