import { z } from 'zod';
import type { Webhook } from './webhook.ts';

const time = z.iso.datetime({ precision: 3 });

/** How both services show an endpoint; a secret is in none of its fields. */
export const webhookResource = z
  .strictObject({
    webhook_id: z.uuid(),
    url: z.string().meta({ examples: ['https://hooks.example.com/licenses'] }),
    types: z
      .array(z.string())
      .nullable()
      .meta({ description: 'What it is told of; null: everything.', examples: [['subscription.started']] }),
    product: z
      .string()
      .nullable()
      .meta({
        description: 'It is told of this product alone, and of customers; null: of every product.',
        examples: ['app'],
      }),
    description: z
      .string()
      .nullable()
      .meta({ examples: ['CRM'] }),
    status: z.enum(['enabled', 'disabled', 'removed']).meta({ examples: ['enabled'] }),
    disabled_reason: z
      .enum(['gone', 'failing', 'staff'])
      .nullable()
      .meta({
        examples: [null],
        description:
          '`gone`: it answered 410; `failing`: a delivery failed at every try; `staff`: staff asked for it. Null unless it is disabled.',
      }),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Webhook' });

export type WebhookResource = z.infer<typeof webhookResource>;

const instant = (at: number): string => new Date(at).toISOString();

export const showWebhook = (webhook: Webhook): WebhookResource => ({
  webhook_id: webhook.webhookId,
  url: webhook.url,
  types: webhook.types && [...webhook.types],
  product: webhook.product,
  description: webhook.description,
  status: webhook.status,
  disabled_reason: webhook.disabledReason,
  created_at: instant(webhook.createdAt),
  updated_at: instant(webhook.updatedAt),
});
