import type { WebhookType } from '../../../../shared/webhooks/types.ts';

/** Every type that a webhook can be told of, as a record so that one that is missing doesn't pass the type check. */
const TYPES: Readonly<Record<WebhookType, true>> = {
  'customer.created': true,
  'customer.email_changed': true,
  'customer.erased': true,
  'subscription.started': true,
  'subscription.renewed': true,
  'subscription.plan_changed': true,
  'subscription.suspended': true,
  'subscription.reinstated': true,
  'subscription.cancelled': true,
  'subscription.cancellation_withdrawn': true,
  'subscription.ending': true,
  'subscription.lapsed': true,
  'license_key.issued': true,
  'license_key.revoked': true,
  'license.activated': true,
  'license.replaced': true,
  'license.deactivated': true,
  'license.revoked': true,
  'license.reinstated': true,
};

export const WEBHOOK_TYPES: readonly string[] = Object.keys(TYPES);

/** `GET /v1/webhooks/{id}/deliveries`, an item; `body` of one that was asked for by itself. */
export interface Delivery {
  readonly event_id: string;
  readonly user_id: string | null;
  readonly type: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly next_at: string | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly created_at: string;
  readonly delivered_at: string | null;
  readonly body?: string;
}
