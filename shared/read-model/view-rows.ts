import type { StoredTerms } from '../events/terms.ts';
import type { LicenseView, UserView } from './views.ts';

/** The columns from which a user's view is made, as node-postgres returns them. */
export interface UserColumns {
  user_id: string | null;
  user_status: 'active' | 'erased';
  subscription_id: string | null;
  plan_type: string;
  terms: StoredTerms;
  suspended: boolean;
  cancelled: boolean;
  start_ms: string;
  end_ms: string;
  parked: boolean;
  user_position: string;
  loaded_at: string;
}

/** Those of a license's view. */
export interface LicenseColumns {
  license_id: string | null;
  license_user_id: string;
  client_id: string;
  license_status: 'active' | 'deactivated' | 'revoked';
  license_position: string;
  loaded_at: string;
}

// numeric arrives as text.
export const milliseconds = (text: string): number => Math.trunc(Number(text));

export const toLicenseView = (row: LicenseColumns): LicenseView => ({
  position: row.license_position,
  loadedAt: milliseconds(row.loaded_at),
  license:
    row.license_id === null
      ? null
      : {
          licenseId: row.license_id,
          userId: row.license_user_id,
          clientId: row.client_id,
          status: row.license_status,
        },
});

const toSubscription = (row: UserColumns): NonNullable<UserView['user']>['subscription'] =>
  row.subscription_id === null
    ? null
    : {
        subscriptionId: row.subscription_id,
        plan: row.plan_type,
        terms: row.terms,
        suspended: row.suspended,
        cancelled: row.cancelled,
        startDate: milliseconds(row.start_ms),
        endDate: milliseconds(row.end_ms),
      };

export const toUserView = (row: UserColumns): UserView => ({
  position: row.user_position,
  loadedAt: milliseconds(row.loaded_at),
  user:
    row.user_id === null
      ? null
      : {
          userId: row.user_id,
          status: row.user_status,
          subscription: toSubscription(row),
          parked: row.parked,
        },
});
