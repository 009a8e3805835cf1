import { Counter, Gauge, type Registry } from 'prom-client';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../../shared/process/logger.ts';

export type MailMetrics = ReturnType<typeof createMailMetrics>;

const WAITING = `
SELECT count(*) FILTER (WHERE status = 'pending')::integer AS pending, count(*) FILTER (WHERE status = 'failed')::integer AS failed
FROM notifications.mails WHERE status IN ('pending', 'failed')`;

/** What an operator sees of mail. */
export function createMailMetrics(registry: Registry, pool: Pool, logger: Logger) {
  const registers = [registry];
  new Gauge({
    name: 'mails',
    help: 'Mails that are still to be sent (pending), and that could not be sent (failed: parked)',
    labelNames: ['status'],
    registers,
    async collect() {
      try {
        const { rows } = await pool.query<{ pending: number; failed: number }>(WAITING);
        this.set({ status: 'pending' }, rows[0]?.pending ?? 0);
        this.set({ status: 'failed' }, rows[0]?.failed ?? 0);
      } catch (error) {
        logger.debug({ err: error }, 'mails_not_counted'); // the other metrics are read all the same
      }
    },
  });
  return {
    attempts: new Counter({
      name: 'mail_attempts_total',
      help: 'What became of mails when they were due: sent, retry, failed, dropped, or later (the read model is behind)',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
  };
}
