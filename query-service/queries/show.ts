import { z } from 'zod';
import {
  accountResource,
  type LicenseResource,
  type Shown,
  type SubscriptionResource,
  subscriptionResource,
} from '../../shared/http/routes/resources.ts';
import type { LicenseRow, SubscriptionRow, UserRow } from '../../shared/read-model/rows.ts';
import { subscriptionStatusAt } from '../../shared/subscription-status.ts';
import type { LastSeen } from './licenses.ts';

const WITHOUT_PERSONAL_DATA = 'Left out for who has `history:read` alone; null once the user is erased.';

export const THOSE_THAT_COUNT = 'Those that count for the licenses of the user, one a product.';
export const THE_FIRST = 'The first of `subscriptions`, for callers from before there were products.';

const { created_at, updated_at, ...account } = accountResource.shape;

/** An account with what belongs to it. */
export const userResource = z
  .strictObject({
    ...account,
    email: account.email.optional().meta({ description: WITHOUT_PERSONAL_DATA }),
    name: account.name
      .optional()
      .meta({ description: `As staff gave it. ${WITHOUT_PERSONAL_DATA}`, examples: ['Ada Lovelace'] }),
    subscriptions: z.array(subscriptionResource).meta({ description: THOSE_THAT_COUNT }),
    subscription: subscriptionResource.nullable().meta({ description: THE_FIRST, deprecated: true }),
    created_at,
    updated_at,
  })
  .meta({ id: 'User' });

export type UserResource = z.infer<typeof userResource>;

export function showSubscription(row: Omit<SubscriptionRow, 'status'>, now: number): SubscriptionResource {
  const facts = {
    startDate: row.start_date.getTime(),
    endDate: row.end_date.getTime(),
    graceDays: row.terms.graceDays,
    suspended: row.suspended,
    cancelled: row.cancelled,
  };
  return {
    subscription_id: row.subscription_id,
    user_id: row.user_id,
    product: row.product,
    plan_type: row.plan_type,
    quantity: row.quantity,
    trial: row.trial,
    status: subscriptionStatusAt(facts, now),
    start_date: row.start_date.toISOString(),
    end_date: row.end_date.toISOString(),
    cancelled_by: row.cancelled ? row.cancelled_by : null,
    external_id: row.external_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** @param row when its key was shown last is no part of the read models: null in what is made of their rows alone */
export const showLicense = (row: LicenseRow & Partial<LastSeen>, { personal }: Shown): LicenseResource => ({
  license_id: row.license_id,
  user_id: row.user_id,
  subscription_id: row.subscription_id,
  product: row.product,
  client_id: row.client_id,
  ...(personal && { client_name: row.client_name }),
  status: row.status,
  activated_at: row.activated_at.toISOString(),
  last_seen_on: row.last_seen_on ?? null,
  updated_at: row.updated_at.toISOString(),
});

export const showUser = (
  { user, subscriptions }: { readonly user: UserRow; readonly subscriptions: readonly SubscriptionRow[] },
  { personal }: Shown,
  now: number,
): UserResource => {
  const shown = subscriptions.map((one) => showSubscription(one, now));
  return {
    user_id: user.user_id,
    ...(personal && { email: user.email, name: user.name }),
    email_verified: user.email_verified,
    external_id: user.external_id,
    status: user.status,
    subscriptions: shown,
    subscription: shown[0] ?? null,
    created_at: user.created_at.toISOString(),
    updated_at: user.updated_at.toISOString(),
  };
};
