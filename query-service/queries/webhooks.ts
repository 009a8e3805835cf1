import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { comparePositions, type Position } from '../../shared/event-log/position.ts';
import { Problem } from '../../shared/http/problems/problem.ts';
import type { Page } from '../../shared/http/routes/paging.ts';
import { WEBHOOK_COLUMNS, type WebhookRow, webhookOf } from '../../shared/webhooks/rows.ts';
import type { Webhook } from '../../shared/webhooks/webhook.ts';

/** What the notifier has of the endpoints: `notifications` is its own, and there is no second copy. */

const COLUMNS = WEBHOOK_COLUMNS.join(', ');

export async function findWebhook(db: Queryable, webhookId: string): Promise<Webhook | undefined> {
  const { rows } = await db.query<WebhookRow>(
    `SELECT ${COLUMNS} FROM notifications.webhooks WHERE webhook_id = $1 AND status <> 'removed'`,
    [webhookId],
  );
  return rows[0] && webhookOf(rows[0]);
}

/** By id, without removed ones, from the one after `after` on; at most `limit`. */
export async function findWebhooks(db: Queryable, { after, limit }: Page): Promise<Webhook[]> {
  const { rows } = await db.query<WebhookRow>(
    `SELECT ${COLUMNS} FROM notifications.webhooks
     WHERE status <> 'removed' AND ($1::uuid IS NULL OR webhook_id > $1) ORDER BY webhook_id LIMIT $2`,
    [after ?? null, limit],
  );
  return rows.map(webhookOf);
}

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface DeliveryRow {
  readonly webhook_id: string;
  readonly event_id: string;
  readonly user_id: string | null;
  readonly type: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly next_at: Date | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly created_at: Date;
  readonly delivered_at: Date | null;
}

const DELIVERY = `webhook_id, event_id, user_id, type, status, attempts, next_at, last_status, last_error, created_at,
  delivered_at`;

/** The page behind a delivery is asked for by its id, whose time has to be looked up: so one that was swept ends the list. */
const LIST = `
SELECT ${DELIVERY} FROM notifications.deliveries
WHERE webhook_id = $1 AND ($2::text IS NULL OR status = $2)
  AND ($3::uuid IS NULL OR (created_at, event_id) <
    (SELECT created_at, event_id FROM notifications.deliveries WHERE webhook_id = $1 AND event_id = $3))
ORDER BY created_at DESC, event_id DESC LIMIT $4`;

/** The latest first. */
export async function deliveriesOf(
  db: Queryable,
  webhookId: string,
  status: DeliveryStatus | undefined,
  { after, limit }: Page,
): Promise<DeliveryRow[]> {
  const { rows } = await db.query<DeliveryRow>(LIST, [webhookId, status ?? null, after ?? null, limit]);
  return rows;
}

const FIND_DELIVERY = `
SELECT ${DELIVERY}, body FROM notifications.deliveries WHERE webhook_id = $1 AND event_id = $2`;

export async function findDelivery(
  db: Queryable,
  webhookId: string,
  eventId: string,
): Promise<(DeliveryRow & { readonly body: string }) | undefined> {
  const { rows } = await db.query<DeliveryRow & { body: string }>(FIND_DELIVERY, [webhookId, eventId]);
  return rows[0];
}

const CHECKPOINT = `
SELECT last_event_commit AS commit, last_event_prepare AS prepare FROM notifications.checkpoints
WHERE last_event_commit IS NOT NULL`;

const WAIT_MS = 2_000;
const ASK_EVERY_MS = 50;

/** Resolves once the notifier is as far as a reader asks. @throws Problem read_model_behind after 2 s */
export async function notifierReached(
  db: Queryable,
  atLeast: Position | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (!atLeast) return;
  for (const until = performance.now() + WAIT_MS; !signal.aborted; await delay(ASK_EVERY_MS)) {
    const { rows } = await db.query<{ commit: string; prepare: string }>(CHECKPOINT);
    const at = rows[0] && { commit: BigInt(rows[0].commit), prepare: BigInt(rows[0].prepare) };
    if (at && comparePositions(at, atLeast) >= 0) return;
    if (performance.now() > until) break;
  }
  throw new Problem('read_model_behind');
}
