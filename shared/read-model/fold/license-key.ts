import type { UserEvent } from '../../events/types.ts';
import type { LicenseKeyFacts } from '../../license-keys/status.ts';
import type { LicenseKeyRow } from '../rows.ts';
import { ProjectionFault } from './fault.ts';

/** A row of `license_keys`. Instants are milliseconds since 1970. Replaced, never changed. */
export interface LicenseKey extends LicenseKeyFacts {
  readonly keyId: string;
  readonly userId: string;
  readonly product: string;
  readonly imported: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type LicenseKeyEvent = Extract<UserEvent, { type: `LicenseKey${string}` }>;

/** @throws ProjectionFault the user has no such license key */
export function projectLicenseKey(
  before: LicenseKey | undefined,
  { type, data }: LicenseKeyEvent,
  at: number,
): LicenseKey {
  if (type === 'LicenseKeyIssued') {
    return {
      keyId: data.keyId,
      userId: data.userId,
      product: data.product,
      imported: data.imported === true,
      uses: data.uses ?? null,
      used: 0,
      expiresAt: data.expiresAt === undefined ? null : Date.parse(data.expiresAt),
      revoked: false,
      createdAt: at,
      updatedAt: at,
    };
  }
  return { ...owned(before, data.userId), revoked: true, updatedAt: at };
}

/** The key after it has activated a client. @throws ProjectionFault the user has no such license key */
export const projectKeyUse = (
  before: LicenseKey | undefined,
  { userId, keyUses }: Extract<UserEvent, { type: 'LicenseActivated' }>['data'],
  at: number,
): LicenseKey => {
  const key = owned(before, userId);
  return { ...key, used: keyUses ?? key.used, updatedAt: at };
};

function owned(key: LicenseKey | undefined, userId: string): LicenseKey {
  if (key?.userId !== userId) throw new ProjectionFault('its user has no such license key');
  return key;
}

/** The row as it is written: `uses_left` and `status` are made by the table. */
export const licenseKeyRow = (key: LicenseKey): Omit<LicenseKeyRow, 'uses_left' | 'status'> => ({
  key_id: key.keyId,
  user_id: key.userId,
  product: key.product,
  imported: key.imported,
  uses: key.uses,
  used: key.used,
  expires_at: key.expiresAt === null ? null : new Date(key.expiresAt),
  revoked: key.revoked,
  created_at: new Date(key.createdAt),
  updated_at: new Date(key.updatedAt),
});
