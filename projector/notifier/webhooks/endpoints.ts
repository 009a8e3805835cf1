import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Recorded, WebhookEvent } from '../../../shared/events/types.ts';
import { resumeDeliveries } from '../../../shared/notifications/deliveries.ts';
import { WEBHOOK_COLUMNS, type WebhookRow, webhookOf } from '../../../shared/webhooks/rows.ts';
import { foldWebhook, type Webhook } from '../../../shared/webhooks/webhook.ts';

/** By webhook id. */
export type Endpoints = ReadonlyMap<string, Webhook>;

const LOAD = `SELECT ${WEBHOOK_COLUMNS.join(', ')} FROM notifications.webhooks`;

export async function loadEndpoints(db: Queryable): Promise<Map<string, Webhook>> {
  const { rows } = await db.query<WebhookRow>(LOAD);
  return new Map(rows.map((row) => [row.webhook_id, webhookOf(row)]));
}

/** The endpoint after an event of its stream; undefined where that changes nothing: it was folded before, or is out of place. */
export function folded(endpoints: Endpoints, recorded: Recorded<WebhookEvent>): Webhook | undefined {
  const { event, revision, created } = recorded;
  const before = endpoints.get(event.data.webhookId);
  if (revision <= (before?.revision ?? -1)) return undefined;
  return foldWebhook(before, event, revision, Math.max(created.getTime(), before?.updatedAt ?? 0));
}

/*
 * What the sender has found out about the endpoint says nothing any more once it has another address, or was enabled again;
 * once it is disabled, it has been said.
 */
const SAVE = `
INSERT INTO notifications.webhooks (webhook_id, url, types, product, description, status, disabled_reason, secret_id,
  previous_secret_id, previous_secret_until, revision, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (webhook_id) DO UPDATE SET url = excluded.url, types = excluded.types, product = excluded.product,
  description = excluded.description, status = excluded.status, disabled_reason = excluded.disabled_reason,
  secret_id = excluded.secret_id, previous_secret_id = excluded.previous_secret_id,
  previous_secret_until = excluded.previous_secret_until, revision = excluded.revision, updated_at = excluded.updated_at,
  found = CASE WHEN $14 THEN NULL ELSE webhooks.found END,
  found_at = CASE WHEN $14 THEN NULL ELSE webhooks.found_at END`;

const DROP_QUEUES = 'DELETE FROM notifications.delivery_queues WHERE webhook_id = $1';
const DROP_DELIVERIES = `
UPDATE notifications.deliveries SET status = 'failed', next_at = NULL, last_error = 'the webhook was removed'
WHERE webhook_id = $1 AND status = 'pending'`;

/** Writes an endpoint as an event has left it, with what that means for its deliveries. In a transaction. */
export async function saveEndpoint(
  tx: Queryable,
  webhook: Webhook,
  type: WebhookEvent['type'] | undefined,
): Promise<void> {
  const { webhookId, url, types, product, description, status, disabledReason, secretId, previous } = webhook;
  const nothingFound = status !== 'enabled' || webhook.since === webhook.revision;
  await tx.query(SAVE, [
    webhookId,
    url,
    types,
    product,
    description,
    status,
    disabledReason,
    secretId,
    previous?.secretId ?? null,
    previous ? new Date(previous.until) : null,
    webhook.revision,
    new Date(webhook.createdAt),
    new Date(webhook.updatedAt),
    nothingFound,
  ]);
  if (type === 'WebhookEnabled') await resumeDeliveries(tx, webhookId);
  if (type === 'WebhookRemoved') {
    await tx.query(DROP_QUEUES, [webhookId]);
    await tx.query(DROP_DELIVERIES, [webhookId]);
  }
}
