import { z } from 'zod';
import {
  licenseResource,
  type SubscriptionResource,
  subscriptionResource,
} from '../../shared/http/routes/resources.ts';
import type { LicenseRow, SubscriptionRow, UserRow } from '../../shared/read-model/rows.ts';
import { subscriptionStatusAt } from '../../shared/subscription-status.ts';

const WITHOUT_PERSONAL_DATA = 'Left out for who has `history:read` alone; null once the user is erased.';

export const licenseDetail = licenseResource.extend({
  client_name: z.string().nullable().optional().meta({ description: WITHOUT_PERSONAL_DATA }),
});

export const userResource = z.strictObject({
  user_id: z.uuid(),
  email: z.string().nullable().optional().meta({ description: WITHOUT_PERSONAL_DATA }),
  status: z.enum(['active', 'erased']),
  subscription: subscriptionResource
    .nullable()
    .meta({ description: 'The one that counts for the licenses of the user.' }),
  created_at: z.iso.datetime({ precision: 3 }),
  updated_at: z.iso.datetime({ precision: 3 }),
});

export type LicenseDetail = z.infer<typeof licenseDetail>;
export type UserResource = z.infer<typeof userResource>;

/** Whether the reader may see what names a person. */
export interface Shown {
  readonly personal: boolean;
}

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
    plan_type: row.plan_type,
    status: subscriptionStatusAt(facts, now),
    start_date: row.start_date.toISOString(),
    end_date: row.end_date.toISOString(),
    external_id: row.external_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

export const showLicense = (row: LicenseRow, { personal }: Shown): LicenseDetail => ({
  license_id: row.license_id,
  user_id: row.user_id,
  subscription_id: row.subscription_id,
  client_id: row.client_id,
  ...(personal && { client_name: row.client_name }),
  status: row.status,
  activated_at: row.activated_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

export const showUser = (
  row: UserRow,
  subscription: SubscriptionRow | undefined,
  { personal }: Shown,
  now: number,
): UserResource => ({
  user_id: row.user_id,
  ...(personal && { email: row.email }),
  status: row.status,
  subscription: subscription ? showSubscription(subscription, now) : null,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});
