import type {
  AccountResource,
  LicenseResource,
  Shown,
  SubscriptionResource,
} from '../http/routes/resources.ts';
import { subscriptionStatusAt } from '../subscription-status.ts';
import type { LicenseRow, SubscriptionRow, UserRow } from './rows.ts';

/** Rows as the API shows them, whoever shows them. */

/** @param now as of when, in milliseconds since 1970 */
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
export const showLicense = (
  row: LicenseRow & { readonly last_seen_on?: string | null },
  { personal }: Shown,
): LicenseResource => ({
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

/** A user alone, without what belongs to them. */
export const showAccount = (user: UserRow): AccountResource => ({
  user_id: user.user_id,
  email: user.email,
  name: user.name,
  email_verified: user.email_verified,
  external_id: user.external_id,
  status: user.status,
  created_at: user.created_at.toISOString(),
  updated_at: user.updated_at.toISOString(),
});
