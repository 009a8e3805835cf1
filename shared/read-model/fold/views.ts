import { storedTerms } from '../../events/terms.ts';
import type { LicenseView, UserView } from '../views.ts';
import type { License } from './license.ts';
import type { Subscription } from './subscription.ts';
import type { User } from './user.ts';

/** The view that a load would make of the license's row. */
export const licenseViewOf = (license: License, position: string, loadedAt: number): LicenseView => ({
  position,
  loadedAt,
  license: {
    licenseId: license.licenseId,
    userId: license.userId,
    clientId: license.clientId,
    status: license.status,
  },
});

/**
 * The view that a load would make of the user's row, with the row of the subscription that counts, if there is one. Of a
 * user who has no parked event: theirs are not applied.
 */
export const userViewOf = (
  user: User,
  subscription: Subscription | null,
  position: string,
  loadedAt: number,
): UserView => ({
  position,
  loadedAt,
  user: {
    userId: user.userId,
    status: user.status,
    subscription: subscription && {
      subscriptionId: subscription.subscriptionId,
      plan: subscription.plan,
      terms: storedTerms(subscription.terms),
      suspended: subscription.suspended,
      cancelled: subscription.cancelled,
      startDate: subscription.startDate,
      endDate: subscription.endDate,
    },
    parked: false,
  },
});
