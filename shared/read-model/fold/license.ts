import type { UserEvent } from '../../events/types.ts';
import type { LicenseRow } from '../rows.ts';
import { ProjectionFault } from './fault.ts';

/** A row of `licenses`. Instants are milliseconds since 1970. Replaced, never changed. */
export interface License {
  readonly licenseId: string;
  readonly userId: string;
  readonly subscriptionId: string;
  readonly clientId: string;
  readonly clientName: string | null;
  readonly status: LicenseRow['status'];
  readonly activatedAt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type LicenseEvent = Extract<UserEvent, { type: `License${string}` }>;

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
    const { licenseId, userId, subscriptionId, clientId } = data;
    return {
      licenseId,
      userId,
      subscriptionId,
      clientId,
      clientName,
      status: 'active',
      activatedAt: at,
      createdAt: at,
      updatedAt: at,
    };
  }
  if (before?.userId !== data.userId) throw new ProjectionFault('its user has no such license');
  return { ...before, status: STATUS_AFTER[type], updatedAt: at };
}

/** The row as the table has it. */
export const licenseRow = (license: License): LicenseRow => ({
  license_id: license.licenseId,
  user_id: license.userId,
  subscription_id: license.subscriptionId,
  client_id: license.clientId,
  client_name: license.clientName,
  status: license.status,
  activated_at: new Date(license.activatedAt),
  created_at: new Date(license.createdAt),
  updated_at: new Date(license.updatedAt),
});
