import type { PoolClient } from '../../../shared/adapters/postgres/pool.ts';

// The queues first: see shared/notifications/deliveries.ts.
const LOCK_QUEUES = `
SELECT FROM notifications.delivery_queues
WHERE webhook_id IN (SELECT webhook_id FROM notifications.webhooks) AND queue_id = $1
ORDER BY webhook_id FOR UPDATE`;

const BODIES = 'SELECT webhook_id, event_id, body FROM notifications.deliveries WHERE user_id = $1';

const BLANK = `
UPDATE notifications.deliveries d SET body = blanked.body
FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS blanked (webhook_id, event_id, body)
WHERE d.webhook_id = blanked.webhook_id AND d.event_id = blanked.event_id`;

/**
 * Blanks the personal parts of all bodies about a user, sent or not, in the transaction that has their `UserErased`.
 * @param blank makes a body without them
 */
export async function eraseDeliveries(
  tx: PoolClient,
  userId: string,
  blank: (body: string) => string,
): Promise<void> {
  await tx.query(LOCK_QUEUES, [userId]);
  const { rows } = await tx.query<{ webhook_id: string; event_id: string; body: string }>(BODIES, [userId]);
  if (rows.length === 0) return;
  await tx.query(BLANK, [
    rows.map((row) => row.webhook_id),
    rows.map((row) => row.event_id),
    rows.map((row) => blank(row.body)),
  ]);
}
