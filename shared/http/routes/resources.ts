import { z } from 'zod';
import { LICENSE_KEY_STATUSES } from '../../license-keys/status.ts';
import { hasScope, isStaffPrincipal, type Principal } from './auth.ts';

/** How the API shows a resource, whichever service answers. */

/** Whether the reader may see what names a person. */
export interface Shown {
  readonly personal: boolean;
}

/** What names a person is shown to that person and to staff with `customers:read`, not to those with other scopes alone. */
export const shownTo = (principal: Principal | undefined): Shown => ({
  personal: !isStaffPrincipal(principal) || hasScope(principal, 'customers:read'),
});

const id = z.uuid();
const time = z.iso.datetime({ precision: 3 });

export const subscriptionResource = z
  .strictObject({
    subscription_id: id,
    user_id: id,
    product: z.string(),
    plan_type: z.string(),
    quantity: z
      .int()
      .min(1)
      .meta({ description: 'How many times the plan was bought: it multiplies the clients.' }),
    trial: z.boolean(),
    status: z
      .enum(['scheduled', 'active', 'grace', 'suspended', 'cancelled', 'expired'])
      .meta({ description: 'As of the answer.' }),
    start_date: time,
    end_date: time.meta({ description: 'The first instant that is not covered.' }),
    cancelled_by: z.enum(['user', 'staff']).nullable().meta({
      description: 'Who can withdraw it: staff any, the user their own. Null where it is not cancelled.',
    }),
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
    product: z.string(),
    client_id: z.string().nullable().meta({ description: 'Null once the user is erased.' }),
    client_name: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'Left out for staff who may not read customers; null once the user is erased.' }),
    status: z.enum(['active', 'deactivated', 'revoked']),
    activated_at: time,
    last_seen_on: z.iso
      .date()
      .nullable()
      .meta({ description: 'The last day (UTC) on which its key was shown; null if it never was.' }),
    updated_at: time,
  })
  .meta({ id: 'License' });

export const licenseKeyResource = z
  .strictObject({
    key_id: id,
    license_key: z.string().nullable().optional().meta({
      description:
        'What is typed into the program, in any case, with or without hyphens. Shown to its user and to staff with `keys:write`, and left out for everybody else; null where another system made it.',
    }),
    user_id: id,
    product: z.string(),
    uses: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: 'How many different clients it may activate; null without a limit.' }),
    uses_left: z.int().min(0).nullable().meta({ description: 'How many of them are left.' }),
    expires_at: time.nullable(),
    status: z.enum(LICENSE_KEY_STATUSES).meta({ examples: ['good'], description: 'As of the answer.' }),
    created_at: time,
  })
  .meta({ id: 'LicenseKey' });

/** A user alone, without what belongs to them. */
export const accountResource = z
  .strictObject({
    user_id: id,
    email: z.string().nullable(),
    name: z
      .string()
      .nullable()
      .meta({ description: 'As staff gave it.', examples: ['Ada Lovelace'] }),
    email_verified: z.boolean().meta({ examples: [false] }),
    external_id: z
      .string()
      .nullable()
      .meta({ description: "The id in the seller's own system.", examples: ['cus_1042'] }),
    status: z.enum(['active', 'erased']),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Account' });

export type AccountResource = z.infer<typeof accountResource>;
export type SubscriptionResource = z.infer<typeof subscriptionResource>;
export type LicenseResource = z.infer<typeof licenseResource>;
export type LicenseKeyResource = z.infer<typeof licenseKeyResource>;
