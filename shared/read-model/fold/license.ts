import type { UserEvent } from '../../events/types.ts';
import type { LicenseRow } from '../rows.ts';
import { ProjectionFault } from './fault.ts';

/** A row of `licenses`. Instants are milliseconds since 1970. Replaced, never changed. */
export interface License {
  readonly licenseId: string;
  readonly userId: string;
  readonly subscriptionId: string;
  readonly product: string;
  /** Null, as the name, once the user is erased. */
  readonly clientId: string | null;
  readonly clientName: string | null;
  readonly status: LicenseRow['status'];
  readonly keyId: string | null;
  readonly activatedAt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type LicenseEvent = Exclude<
  Extract<UserEvent, { type: `License${string}` }>,
  { type: `LicenseKey${string}` }
>;

const STATUS_AFTER = {
  LicenseActivated: 'active',
  LicenseDeactivated: 'deactivated',
  LicenseRevoked: 'revoked',
  LicenseReinstated: 'active',
} as const satisfies Record<LicenseEvent['type'], License['status']>;

/** @throws ProjectionFault the user has no such license */
export function projectLicense(
  before: License | undefined,
  { type, data }: LicenseEvent,
  clientName: string | null,
  at: number,
): License {
  if (type === 'LicenseActivated') {
    const { licenseId, userId, subscriptionId, product, clientId, keyId = null } = data;
    return {
      licenseId,
      userId,
      subscriptionId,
      product,
      clientId,
      clientName,
      status: 'active',
      keyId,
      activatedAt: at,
      createdAt: at,
      updatedAt: at,
    };
  }
  if (before?.userId !== data.userId) throw new ProjectionFault('its user has no such license');
  return { ...before, status: STATUS_AFTER[type], updatedAt: at };
}

/** The license whose place another one took. @throws ProjectionFault the user has no such license */
export function replaced(before: License | undefined, userId: string, at: number): License {
  if (before?.userId !== userId) throw new ProjectionFault('its user has no license that it could replace');
  return { ...before, status: 'deactivated', updatedAt: at };
}

/** The row as the table has it. */
export const licenseRow = (license: License): LicenseRow => ({
  license_id: license.licenseId,
  user_id: license.userId,
  subscription_id: license.subscriptionId,
  product: license.product,
  client_id: license.clientId,
  client_name: license.clientName,
  status: license.status,
  license_key_id: license.keyId,
  activated_at: new Date(license.activatedAt),
  created_at: new Date(license.createdAt),
  updated_at: new Date(license.updatedAt),
});
