import type { LicenseCounts, UserRows } from '../../shared/history/user-rows.ts';
import type {
  LicenseKeyResource,
  LicenseResource,
  Shown,
  SubscriptionResource,
} from '../../shared/http/routes/resources.ts';
import { showLicenseKey } from '../../shared/license-keys/show.ts';
import { licenseRow } from '../../shared/read-model/fold/license.ts';
import { subscriptionRow } from '../../shared/read-model/fold/subscription.ts';
import { showLicense, showSubscription } from '../../shared/read-model/show.ts';

/** A user's state as of a time, as the routes of today would have shown it then. */
export interface ShownState {
  readonly status: 'active' | 'erased';
  readonly email?: string | null;
  readonly subscriptions: SubscriptionResource[];
  readonly subscription: SubscriptionResource | null;
  readonly license_counts: LicenseCounts;
  readonly licenses: LicenseResource[];
  readonly license_keys: LicenseKeyResource[];
  readonly created_at: string;
  readonly updated_at: string;
}

/**
 * @param at the time at which it is looked at, in milliseconds since 1970: statuses follow from it
 * @param latest how many of the latest licenses and license keys are shown; all unless given
 * @returns null before the sign-up
 */
export function showState(
  state: UserRows,
  at: number,
  { personal }: Shown,
  latest?: number,
): ShownState | null {
  const user = state.user();
  if (!user) return null;
  const subscriptions = state.counting.map((one) => showSubscription(subscriptionRow(one), at));
  return {
    status: user.status,
    ...(personal && { email: user.email }),
    subscriptions,
    subscription: subscriptions[0] ?? null,
    license_counts: state.counts,
    licenses: state.licenses(latest).map((license) => showLicense(licenseRow(license), { personal })),
    license_keys: state.licenseKeys(latest).map((one) => showLicenseKey(one, user.userId, at)),
    created_at: new Date(user.createdAt).toISOString(),
    updated_at: new Date(user.updatedAt).toISOString(),
  };
}
