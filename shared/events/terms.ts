import { z } from 'zod';

/** The terms of a plan, as they are copied into a subscription's events. */
export const termsSchema = z.strictObject({
  /** Most clients that may be active at once. */
  maxClients: z.int().min(1).max(1_000_000),
  entitlements: z.array(z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/)).max(100),
  /** Days after the end date during which the subscription still counts as current. */
  graceDays: z.int().min(0).max(365),
  /** What a validation answers once the subscription is over: the free plan, or invalid. */
  onExpiry: z.enum(['downgrade', 'restrict']),
  /** How long a lease holds offline, in hours. */
  leaseHours: z.int().min(1).max(8_760),
  /** Validations a license may ask for in a minute. */
  validationsPerMinute: z.int().min(1).max(1_000_000),
});

export type Terms = z.infer<typeof termsSchema>;
