import { FIRST_PRODUCT } from '../events/schemas/level-2/steps.ts';
import type { StoredTerms } from '../events/schemas/terms.ts';
import type { LicenseView, SubscriptionInView, UserView } from './views.ts';

/** The columns from which a user's view is made, as node-postgres returns them. */
export interface UserColumns {
  user_id: string | null;
  user_status: 'active' | 'erased';
  /** Of the first product's subscription. */
  subscription_id: string | null;
  plan_type: string;
  terms: StoredTerms;
  trial: boolean;
  suspended: boolean;
  cancelled: boolean;
  start_ms: string;
  end_ms: string;
  /** Those of the other products, as the view has them; null where there are none. */
  others: Readonly<Record<string, SubscriptionInView>> | null;
  parked: boolean;
  user_position: string;
  loaded_at: string;
}

/** Those of a license's view. */
export interface LicenseColumns {
  license_id: string | null;
  license_user_id: string;
  product: string;
  client_id: string | null;
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
          product: row.product,
          clientId: row.client_id ?? '',
          status: row.license_status,
        },
});

function toSubscriptions(row: UserColumns): NonNullable<UserView['user']>['subscriptions'] {
  if (row.subscription_id === null) return row.others ?? {};
  const first: SubscriptionInView = {
    subscriptionId: row.subscription_id,
    plan: row.plan_type,
    terms: row.terms,
    trial: row.trial,
    suspended: row.suspended,
    cancelled: row.cancelled,
    startDate: milliseconds(row.start_ms),
    endDate: milliseconds(row.end_ms),
  };
  return { [FIRST_PRODUCT]: first, ...row.others };
}

export const toUserView = (row: UserColumns): UserView => ({
  position: row.user_position,
  loadedAt: milliseconds(row.loaded_at),
  user:
    row.user_id === null
      ? null
      : {
          userId: row.user_id,
          status: row.user_status,
          subscriptions: toSubscriptions(row),
          parked: row.parked,
        },
});
