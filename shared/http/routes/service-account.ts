import { z } from 'zod';
import { type StaffAccount, staffKeyStatusAt } from '../../staff/account.ts';

const time = z.iso.datetime({ precision: 3 });

const keyResource = z
  .strictObject({
    key_id: z.uuid(),
    status: z
      .enum(['good', 'expired', 'revoked'])
      .meta({ description: 'As of the answer.', examples: ['good'] }),
    created_at: time,
    expires_at: time.nullable(),
  })
  .meta({ id: 'ServiceKey' });

/** How both services show a service account; a secret is in none of its fields. */
export const serviceAccountResource = z
  .strictObject({
    service_account_id: z.uuid().meta({ description: 'Its `client_id` at `/v1/token`.' }),
    name: z.string().meta({ examples: ['billing'] }),
    status: z.enum(['active', 'removed']),
    scopes: z.array(z.string()).meta({ examples: [['customers:read', 'subscriptions:write']] }),
    keys: z.array(keyResource),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'ServiceAccount' });

export type ServiceAccountResource = z.infer<typeof serviceAccountResource>;

const instant = (at: number): string => new Date(at).toISOString();

/** @param now when, for the keys' expiry */
export const showServiceAccount = (account: StaffAccount, now: number): ServiceAccountResource => ({
  service_account_id: account.staffId,
  name: account.name ?? '',
  status: account.status,
  scopes: [...account.scopes],
  keys: account.keys.map((key) => ({
    key_id: key.keyId,
    status: staffKeyStatusAt(key, now),
    created_at: instant(key.createdAt),
    expires_at: key.expiresAt === null ? null : instant(key.expiresAt),
  })),
  created_at: instant(account.createdAt),
  updated_at: instant(account.updatedAt),
});
