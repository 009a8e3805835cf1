import { z } from 'zod';
import { id } from './fields.ts';

/**
 * A webhook: where the seller's systems are told what happens, and of what. Of level 2, like all in level-2.ts; never edited
 * once shipped.
 */

const product = z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/);

/** What the endpoint is, whole: a reader needs no earlier event to know it. */
const endpoint = {
  webhookId: id,
  url: z.string().min(1).max(2_048),
  /** The public types that it wants to hear of (`subscription.started`); all of them unless given. */
  types: z
    .array(
      z
        .string()
        .max(64)
        .regex(/^[a-z_]+\.[a-z_]+$/),
    )
    .min(1)
    .max(100)
    .optional(),
  /** Only what is about this product; everything unless given. */
  product: product.optional(),
  description: z.string().min(1).max(256).optional(),
};

export const webhookEventSchemas2 = {
  /** Its first secret follows from `webhookId`. */
  WebhookAdded: z.strictObject(endpoint),
  WebhookChanged: z.strictObject(endpoint),
  /** The secret follows from `secretId`; the one before goes on signing beside it for a day. */
  WebhookSecretRotated: z.strictObject({ webhookId: id, secretId: id }),
  WebhookDisabled: z.strictObject({
    webhookId: id,
    /** The endpoint answered 410, or to no try of a delivery, or staff asked for it. */
    reason: z.enum(['gone', 'failing', 'staff']),
  }),
  WebhookEnabled: z.strictObject({ webhookId: id }),
  WebhookRemoved: z.strictObject({ webhookId: id }),
} as const;
