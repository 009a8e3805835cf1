import { Gauge, type Registry } from 'prom-client';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../../shared/process/logger.ts';

const EVERY_MS = 10_000;

const OBSERVED = `
SELECT
  count(*) FILTER (WHERE status = 'enabled')::integer AS enabled,
  count(*) FILTER (WHERE status = 'disabled' AND disabled_reason = 'staff')::integer AS by_staff,
  count(*) FILTER (WHERE status = 'disabled' AND disabled_reason = 'gone')::integer AS gone,
  count(*) FILTER (WHERE status = 'disabled' AND disabled_reason = 'failing')::integer AS failing,
  coalesce(extract(epoch FROM now() - min(due.next_at) FILTER (WHERE due.next_at <= now())), 0)::float8 AS due_seconds,
  coalesce(extract(epoch FROM now() - min(pending.created_at)), 0)::float8 AS pending_seconds
FROM notifications.webhooks w
LEFT JOIN LATERAL (
  SELECT min(next_at) AS next_at FROM notifications.delivery_queues
  WHERE webhook_id = w.webhook_id AND w.status = 'enabled' AND w.found IS NULL) due ON true
LEFT JOIN LATERAL (
  SELECT min(created_at) AS created_at FROM notifications.deliveries
  WHERE webhook_id = w.webhook_id AND status = 'pending' AND w.status = 'enabled') pending ON true
WHERE w.status <> 'removed'`;

interface Observed {
  enabled: number;
  by_staff: number;
  gone: number;
  failing: number;
  due_seconds: number;
  pending_seconds: number;
}

/** Exports what the tables say of the endpoints and of what waits for them. `stop` waits for a look that is under way. */
export function observeDeliveries(registry: Registry, pool: Pool, logger: Logger): { stop(): Promise<void> } {
  const registers = [registry];
  const webhooks = new Gauge({
    name: 'webhooks',
    help: 'Endpoints, by state: enabled, or why they are disabled',
    labelNames: ['state'],
    registers,
  });
  const due = new Gauge({
    name: 'webhook_due_seconds',
    help: 'How long the first delivery that is due has been waiting to be sent; 0 if none waits',
    registers,
  });
  const pending = new Gauge({
    name: 'webhook_pending_seconds',
    help: 'Age of the oldest delivery to an enabled endpoint that has not been delivered; 0 if there is none',
    registers,
  });
  const look = async () => {
    const { rows } = await pool.query<Observed>(OBSERVED);
    const [found] = rows;
    if (!found) return;
    webhooks.set({ state: 'enabled' }, found.enabled);
    webhooks.set({ state: 'staff' }, found.by_staff);
    webhooks.set({ state: 'gone' }, found.gone);
    webhooks.set({ state: 'failing' }, found.failing);
    due.set(found.due_seconds);
    pending.set(found.pending_seconds);
  };
  let looking: Promise<void> | undefined;
  const round = () => {
    looking ??= look()
      .catch((error: unknown) => logger.warn({ err: error }, 'deliveries_not_observed'))
      .finally(() => {
        looking = undefined;
      });
  };
  round();
  const timer = setInterval(round, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
