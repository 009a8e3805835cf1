import type { LicenseKeyResource } from '../http/routes/resources.ts';
import { type LicenseKeyFacts, licenseKeyStatusAt, usesLeft } from './status.ts';

/** What both sides know of a license key. */
export interface ShownLicenseKey extends LicenseKeyFacts {
  readonly keyId: string;
  readonly product: string;
  readonly createdAt: number;
}

/** A license key as the API shows it, without its text. @param at as of when, in milliseconds since 1970 */
export const showLicenseKey = (key: ShownLicenseKey, userId: string, at: number): LicenseKeyResource => ({
  key_id: key.keyId,
  user_id: userId,
  product: key.product,
  uses: key.uses,
  uses_left: usesLeft(key),
  expires_at: key.expiresAt === null ? null : new Date(key.expiresAt).toISOString(),
  status: licenseKeyStatusAt(key, at),
  created_at: new Date(key.createdAt).toISOString(),
});
