import type { LicenseCounts, UserRows } from '../../shared/history/user-rows.ts';
import type { LicenseResource, SubscriptionResource } from '../../shared/http/routes/resources.ts';
import { licenseRow } from '../../shared/read-model/fold/license.ts';
import { subscriptionRow } from '../../shared/read-model/fold/subscription.ts';
import { type Shown, showLicense, showSubscription } from './show.ts';

/** A user's state as of a time, as the routes of today would have shown it then. */
export interface ShownState {
  readonly status: 'active' | 'erased';
  readonly email?: string | null;
  readonly subscriptions: SubscriptionResource[];
  readonly subscription: SubscriptionResource | null;
  readonly license_counts: LicenseCounts;
  readonly licenses: LicenseResource[];
  readonly created_at: string;
  readonly updated_at: string;
}

/**
 * @param at the time at which it is looked at, in milliseconds since 1970: statuses follow from it
 * @param licenses how many of the latest are shown; all unless given
 * @returns null before the sign-up
 */
export function showState(
  state: UserRows,
  at: number,
  { personal }: Shown,
  licenses?: number,
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
    licenses: state.licenses(licenses).map((license) => showLicense(licenseRow(license), { personal })),
    created_at: new Date(user.createdAt).toISOString(),
    updated_at: new Date(user.updatedAt).toISOString(),
  };
}
