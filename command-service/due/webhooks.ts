import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';
import type { DueJob } from './job.ts';

export interface WebhooksJobOptions {
  readonly pool: Queryable;
  readonly webhooks: Pick<Webhooks, 'disableFound'>;
}

/** What the notifier has found out, and at which revision of the endpoint at the latest. */
const FOUND = `
SELECT webhook_id, found, revision FROM notifications.webhooks
WHERE found IS NOT NULL AND status = 'enabled' ORDER BY found_at LIMIT 100`;

interface Row {
  readonly webhook_id: string;
  readonly found: 'gone' | 'failing';
  readonly revision: string;
}

/**
 * Disables the webhooks that answered 410, or to no try of a delivery: the notifier, which finds it out and sends nothing
 * more there, never appends to the log. An endpoint that was enabled again since, or got another address, stays as it is.
 */
export const webhooksJob = ({ pool, webhooks }: WebhooksJobOptions): DueJob => ({
  name: 'webhooks',
  async run(_now, signal) {
    const { rows } = await pool.query<Row>(FOUND);
    let disabled = 0;
    for (const { webhook_id, found, revision } of rows) {
      if (signal.aborted) break;
      const outcome = await webhooks.disableFound(webhook_id, found, Number(revision));
      if (outcome.kind === 'done' && outcome.changed && !outcome.repeated) disabled += 1;
    }
    return disabled;
  },
});
