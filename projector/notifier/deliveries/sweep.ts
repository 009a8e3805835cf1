import type { Pool } from '../../../shared/adapters/postgres/pool.ts';

/** Rows that one statement removes: some milliseconds of work, so that nobody waits for it. */
const PIECE = 2_000;

const SWEEP = `
DELETE FROM notifications.deliveries WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM notifications.deliveries WHERE created_at < now() - $1 * interval '1 day' LIMIT ${PIECE}))`;

const SWEEP_REMOVED = `
DELETE FROM notifications.webhooks WHERE status = 'removed' AND updated_at < now() - $1 * interval '1 day'`;

const CLOSE_REMOVED = `
DELETE FROM notifications.delivery_queues
WHERE webhook_id IN (SELECT webhook_id FROM notifications.webhooks WHERE status = 'removed')`;

/**
 * Removes deliveries that are older than so many days, whatever became of them, and endpoints that were removed as long
 * ago. A queue that loses what was pending is closed by the sender.
 * @returns how many deliveries
 */
export async function sweepDeliveries(pool: Pool, days: number): Promise<number> {
  let swept = 0;
  for (let piece = PIECE; piece === PIECE; swept += piece) {
    piece = (await pool.query(SWEEP, [days])).rowCount ?? 0;
  }
  await pool.query(CLOSE_REMOVED);
  await pool.query(SWEEP_REMOVED, [days]);
  return swept;
}
