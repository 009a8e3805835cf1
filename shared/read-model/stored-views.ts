import { z } from 'zod';
import { FIRST_PRODUCT } from '../events/schemas/level-2/steps.ts';
import { storedTermsSchema } from '../events/schemas/terms.ts';
import type { LicenseView, SubscriptionInView, UserView } from './views.ts';

/*
 * Views as they stand in Redis. The release before reads and writes them too, and refuses a field that it does not know:
 * so what came with products is left out where it says nothing new (the first product, no trial), and the subscription of
 * the first product stands apart.
 */

const versioned = { position: z.string(), loadedAt: z.number() };

const storedLicenseView = z.strictObject({
  ...versioned,
  license: z
    .strictObject({
      licenseId: z.string(),
      userId: z.string(),
      product: z.string().default(FIRST_PRODUCT),
      clientId: z.string(),
      status: z.enum(['active', 'deactivated', 'revoked']),
    })
    .nullable(),
});

const storedSubscription = z.strictObject({
  subscriptionId: z.string(),
  plan: z.string(),
  terms: storedTermsSchema,
  trial: z.boolean().default(false),
  suspended: z.boolean(),
  cancelled: z.boolean(),
  startDate: z.number(),
  endDate: z.number(),
});

const storedUserView = z.strictObject({
  ...versioned,
  user: z
    .strictObject({
      userId: z.string(),
      status: z.enum(['active', 'erased']),
      /** Of the first product. */
      subscription: storedSubscription.nullable(),
      /** Of the other products. */
      others: z.record(z.string(), storedSubscription).optional(),
      parked: z.boolean(),
    })
    .nullable(),
});

/** The text that Redis keeps. */
export const storeLicense = ({ license, ...version }: LicenseView): string => {
  if (license?.product !== FIRST_PRODUCT) return JSON.stringify({ ...version, license });
  const { product: _first, ...shown } = license;
  return JSON.stringify({ ...version, license: shown });
};

const withoutDefaults = ({ trial, ...subscription }: SubscriptionInView) =>
  trial ? { ...subscription, trial } : subscription;

/** The same of a user's view. */
export function storeUser({ user, ...version }: UserView): string {
  if (!user) return JSON.stringify({ ...version, user });
  const { subscriptions, ...shown } = user;
  const { [FIRST_PRODUCT]: first, ...more } = subscriptions;
  const others = Object.fromEntries(
    Object.entries(more).map(([product, subscription]) => [product, withoutDefaults(subscription)]),
  );
  const subscription = first ? withoutDefaults(first) : null;
  return JSON.stringify({
    ...version,
    user: { ...shown, subscription, ...(Object.keys(others).length > 0 && { others }) },
  });
}

/** Undefined for what is no view: a release that this one does not know may have written it. */
export const readLicense = (json: unknown): LicenseView | undefined => storedLicenseView.safeParse(json).data;

export function readUser(json: unknown): UserView | undefined {
  const { data } = storedUserView.safeParse(json);
  if (!data?.user) return data && { ...data, user: null };
  const { subscription, others = {}, ...user } = data.user;
  const subscriptions = subscription ? { [FIRST_PRODUCT]: subscription, ...others } : others;
  return { ...data, user: { ...user, subscriptions } };
}
