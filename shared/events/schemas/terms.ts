import { z } from 'zod';

const termsFields = {
  /** Most clients that may be active at once. */
  maxClients: z.int().min(1).max(1_000_000),
  entitlements: z
    .array(
      z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, {
        error: 'expected a letter (a-z), then at most 63 of a-z, 0-9, - and _',
      }),
    )
    .max(100),
  /** Days after the end date during which the subscription still counts as current. */
  graceDays: z.int().min(0).max(365),
  /** What a validation answers once the subscription is over: the free plan, or invalid. */
  onExpiry: z.enum(['downgrade', 'restrict']),
  /** How long a lease holds offline, in hours. */
  leaseHours: z.int().min(1).max(8_760),
  /** Validations a license may ask for in a minute. */
  validationsPerMinute: z.int().min(1).max(1_000_000),
};

/** The terms that subscriptions were given at schema level 1. */
export const termsSchema1 = z.strictObject(termsFields);

/** The terms of a plan, as they are copied into a subscription's events. */
export const termsSchema = z.strictObject({
  ...termsFields,
  /** How often in 30 days a client's place may be given to another one; null: without a limit. */
  replacementsPerMonth: z.int().min(0).max(1_000_000).nullable(),
  /** What the plan costs, where it has a price. */
  price: z
    .strictObject({
      /** In minor units of the currency: 990 is 9.90 EUR. */
      amount: z.int().min(0).max(1_000_000_000_000),
      /** ISO 4217. */
      currency: z.string().regex(/^[A-Z]{3}$/, { error: 'expected a currency of ISO 4217, such as EUR' }),
      /** What the amount pays for. */
      months: z.int().min(1).max(120),
    })
    .nullable(),
});

export type Terms = z.infer<typeof termsSchema>;

/** Terms as rows and views hold them: what is null is left out, so that a release from before can read them. */
export const storedTermsSchema = termsSchema.partial({ replacementsPerMonth: true, price: true });

export type StoredTerms = z.infer<typeof storedTermsSchema>;

export function storedTerms({ replacementsPerMonth, price, ...others }: Terms): StoredTerms {
  return {
    ...others,
    ...(replacementsPerMonth !== null && { replacementsPerMonth }),
    ...(price && { price }),
  };
}

export const fullTerms = ({ replacementsPerMonth = null, price = null, ...others }: StoredTerms): Terms => ({
  ...others,
  replacementsPerMonth,
  price,
});
