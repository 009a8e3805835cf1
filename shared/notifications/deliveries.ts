import type { Queryable } from '../adapters/postgres/pool.ts';
import type { Position } from '../event-log/position.ts';

/** What is to be sent to one endpoint. */
export interface NewDelivery {
  readonly webhookId: string;
  /** The header `webhook-id`: the event's id. */
  readonly eventId: string;
  /** Deliveries of one queue are sent in the order of their positions: the user's id, or the event's own for a test. */
  readonly queueId: string;
  readonly userId?: string;
  /** Where the event stands in the log; a test has none. */
  readonly position?: Position;
  /** The public type. */
  readonly type: string;
  /** The JSON that is sent and signed. */
  readonly body: string;
}

/*
 * Rows of delivery_queues are locked before those of deliveries by everybody who changes both: so nobody waits in a circle, and
 * the sender, which removes a queue that has nothing pending, sees what another transaction has just put into it.
 */

const OPEN_QUEUES = `
INSERT INTO notifications.delivery_queues (webhook_id, queue_id, next_at)
SELECT DISTINCT webhook_id, queue_id, now() FROM unnest($1::uuid[], $2::uuid[]) AS due (webhook_id, queue_id)
ORDER BY webhook_id, queue_id
ON CONFLICT (webhook_id, queue_id) DO UPDATE SET next_at = delivery_queues.next_at WHERE false`;

const INSERT = `
INSERT INTO notifications.deliveries
  (webhook_id, event_id, queue_id, user_id, position_commit, position_prepare, type, body, status, next_at)
SELECT *, 'pending', now()
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::text[], $8::text[])
ON CONFLICT (webhook_id, event_id) DO NOTHING`;

/**
 * Makes deliveries due, after earlier ones of their queues. One that is there already, whatever became of it, stays as
 * it is.
 * @returns how many are new
 */
export async function enqueue(tx: Queryable, deliveries: readonly NewDelivery[]): Promise<number> {
  if (deliveries.length === 0) return 0;
  const column = <T>(of: (delivery: NewDelivery) => T): T[] => deliveries.map(of);
  const webhookIds = column(({ webhookId }) => webhookId);
  const queueIds = column(({ queueId }) => queueId);
  await tx.query({ name: 'delivery_queues_open', text: OPEN_QUEUES, values: [webhookIds, queueIds] });
  const { rowCount } = await tx.query({
    name: 'deliveries_insert',
    text: INSERT,
    values: [
      webhookIds,
      column(({ eventId }) => eventId),
      queueIds,
      column(({ userId }) => userId ?? null),
      column(({ position }) => position?.commit ?? 0n),
      column(({ position }) => position?.prepare ?? 0n),
      column(({ type }) => type),
      column(({ body }) => body),
    ],
  });
  return rowCount ?? 0;
}

const OPEN_QUEUE_OF = `
INSERT INTO notifications.delivery_queues (webhook_id, queue_id, next_at)
SELECT webhook_id, queue_id, now() FROM notifications.deliveries WHERE webhook_id = $1 AND event_id = $2
ON CONFLICT (webhook_id, queue_id) DO UPDATE SET next_at = now()`;

const RETRY = `
UPDATE notifications.deliveries
SET status = 'pending', attempts = 0, next_at = now(), delivered_at = NULL
WHERE webhook_id = $1 AND event_id = $2`;

/**
 * Makes one delivery due now, whatever became of it, with all of its attempts. Earlier ones of its queue that are pending
 * go first. In a transaction.
 * @returns whether there is such a delivery
 */
export async function retryDelivery(tx: Queryable, webhookId: string, eventId: string): Promise<boolean> {
  await tx.query(OPEN_QUEUE_OF, [webhookId, eventId]);
  const { rowCount } = await tx.query(RETRY, [webhookId, eventId]);
  return rowCount === 1;
}

const OPEN_QUEUES_OF_ENDPOINT = `
INSERT INTO notifications.delivery_queues (webhook_id, queue_id, next_at)
SELECT DISTINCT webhook_id, queue_id, now() FROM notifications.deliveries
WHERE webhook_id = $1 AND status IN ('pending', 'failed') ORDER BY queue_id
ON CONFLICT (webhook_id, queue_id) DO UPDATE SET next_at = now()`;

const RESUME = `
UPDATE notifications.deliveries SET status = 'pending', attempts = 0, next_at = now()
WHERE webhook_id = $1 AND status IN ('pending', 'failed')`;

/**
 * For an endpoint that was enabled again: what has failed there and what waits becomes due with all of its attempts.
 * Nothing of a queue was sent after the delivery that failed, so the order holds. In a transaction.
 */
export async function resumeDeliveries(tx: Queryable, webhookId: string): Promise<void> {
  await tx.query(OPEN_QUEUES_OF_ENDPOINT, [webhookId]);
  await tx.query(RESUME, [webhookId]);
}
