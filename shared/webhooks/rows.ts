import type { Webhook } from './webhook.ts';

/** A row of `notifications.webhooks`. */
export interface WebhookRow {
  webhook_id: string;
  url: string;
  types: string[] | null;
  product: string | null;
  description: string | null;
  status: Webhook['status'];
  disabled_reason: Webhook['disabledReason'];
  secret_id: string;
  previous_secret_id: string | null;
  previous_secret_until: Date | null;
  revision: string;
  created_at: Date;
  updated_at: Date;
}

export const WEBHOOK_COLUMNS = [
  'webhook_id',
  'url',
  'types',
  'product',
  'description',
  'status',
  'disabled_reason',
  'secret_id',
  'previous_secret_id',
  'previous_secret_until',
  'revision',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof WebhookRow)[];

/** The endpoint of a row. Since when it goes where it goes is the write side's to know: no row says it. */
export function webhookOf(row: WebhookRow): Webhook {
  const { previous_secret_id: secretId, previous_secret_until: until } = row;
  return {
    webhookId: row.webhook_id,
    url: row.url,
    types: row.types,
    product: row.product,
    description: row.description,
    status: row.status,
    disabledReason: row.disabled_reason,
    secretId: row.secret_id,
    previous: secretId !== null && until ? { secretId, until: until.getTime() } : null,
    since: -1,
    revision: Number(row.revision),
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  };
}
