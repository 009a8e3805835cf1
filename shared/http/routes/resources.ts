import { z } from 'zod';

/** How the API shows a resource, whichever service answers. */

const id = z.uuid();
const time = z.iso.datetime({ precision: 3 });

export const subscriptionResource = z
  .strictObject({
    subscription_id: id,
    user_id: id,
    plan_type: z.string(),
    status: z
      .enum(['scheduled', 'active', 'grace', 'suspended', 'cancelled', 'expired'])
      .meta({ description: 'As of the answer.' }),
    start_date: time,
    end_date: time.meta({ description: 'The first instant that is not covered.' }),
    external_id: z.string().nullable(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Subscription' });

export const licenseResource = z
  .strictObject({
    license_id: id,
    user_id: id,
    subscription_id: id.meta({ description: 'The subscription that counted when it was activated.' }),
    client_id: z.string(),
    status: z.enum(['active', 'deactivated', 'revoked']),
    activated_at: time,
    updated_at: time,
  })
  .meta({ id: 'License' });

export type SubscriptionResource = z.infer<typeof subscriptionResource>;
export type LicenseResource = z.infer<typeof licenseResource>;
