import { storedTerms } from '../../events/schemas/terms.ts';
import type { LicenseView, SubscriptionInView, UserView } from '../views.ts';
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
    product: license.product,
    clientId: license.clientId ?? '',
    status: license.status,
  },
});

const inView = (subscription: Subscription): SubscriptionInView => ({
  subscriptionId: subscription.subscriptionId,
  plan: subscription.plan,
  terms: storedTerms(subscription.terms),
  trial: subscription.trial,
  suspended: subscription.suspended,
  cancelled: subscription.cancelled,
  startDate: subscription.startDate,
  endDate: subscription.endDate,
});

/**
 * The view that a load would make of the user's row, with the rows of the subscriptions that count. Of a user who has no
 * parked event: theirs are not applied.
 */
export const userViewOf = (
  user: User,
  counting: readonly Subscription[],
  position: string,
  loadedAt: number,
): UserView => ({
  position,
  loadedAt,
  user: {
    userId: user.userId,
    status: user.status,
    subscriptions: Object.fromEntries(counting.map((one) => [one.product, inView(one)])),
    parked: false,
  },
});
