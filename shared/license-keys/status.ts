/** What the status of a license key is made of. Instants are milliseconds since 1970. */
export interface LicenseKeyFacts {
  readonly revoked: boolean;
  readonly expiresAt: number | null;
  /** How many different clients it may activate; null without a limit. */
  readonly uses: number | null;
  /** How many it has activated. */
  readonly used: number;
}

export const LICENSE_KEY_STATUSES = ['good', 'used_up', 'expired', 'revoked'] as const;
export type LicenseKeyStatus = (typeof LICENSE_KEY_STATUSES)[number];

/** At its `expiresAt` a key is over. */
export function licenseKeyStatusAt(key: LicenseKeyFacts, now: number): LicenseKeyStatus {
  if (key.revoked) return 'revoked';
  if (key.expiresAt !== null && key.expiresAt <= now) return 'expired';
  return usesLeft(key) === 0 ? 'used_up' : 'good';
}

/** How many further clients it activates; null without a limit. */
export const usesLeft = ({ uses, used }: LicenseKeyFacts): number | null =>
  uses === null ? null : Math.max(0, uses - used);
