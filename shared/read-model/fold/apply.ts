import { takesItsPlace } from '../../subscription-status.ts';
import { type FoldedEvent, timeOf } from './event.ts';
import { type License, projectLicense, replaced } from './license.ts';
import { type LicenseKey, projectKeyUse, projectLicenseKey } from './license-key.ts';
import { factsOf, projectSubscription, type Subscription } from './subscription.ts';
import { nowCounting, projectUser, type User } from './user.ts';

/** The rows that events are folded into: all of a user's, or those that a batch is about. */
export interface Rows {
  user(userId: string): User | undefined;
  subscription(subscriptionId: string): Subscription | undefined;
  license(licenseId: string): License | undefined;
  licenseKey(keyId: string): LicenseKey | undefined;
  setUser(user: User): void;
  setSubscription(subscription: Subscription): void;
  setLicense(license: License): void;
  setLicenseKey(key: LicenseKey): void;
}

/** The user once a subscription was started, which from then on counts for its product or doesn't. */
function counted(user: User, rows: Rows, started: Subscription, at: number): User {
  const { product, subscriptionId: id, startDate: start } = started;
  const so = user.counting[product];
  const before = so && rows.subscription(so.id);
  return takesItsPlace(before && factsOf(before), factsOf(started), at)
    ? nowCounting(user, product, { id, start })
    : user;
}

/**
 * Applies the next event of its user: the one place that says what an event does to the read models, for the
 * projector and for histories alike. Clearing what an erased user's licenses and subscriptions say of them is left to the
 * caller, who may hold only some of those.
 * @returns the event's time, as the rows have it
 * @throws ProjectionFault nothing was changed
 */
export function applyEvent(rows: Rows, folded: FoldedEvent): number {
  const { event, metadata } = folded.recorded;
  const before = rows.user(folded.userId);
  const at = timeOf(folded, before);
  let user = projectUser(before, folded, at);
  switch (event.type) {
    case 'SubscriptionStarted': {
      const started = projectSubscription(undefined, event, metadata, at);
      rows.setSubscription(started);
      user = counted(user, rows, started, at);
      break;
    }
    case 'SubscriptionRenewed':
    case 'SubscriptionPlanChanged':
    case 'SubscriptionSuspended':
    case 'SubscriptionReinstated':
    case 'SubscriptionCancelled':
    case 'SubscriptionCancellationWithdrawn':
    case 'SubscriptionEnding':
    case 'SubscriptionLapsed':
      rows.setSubscription(
        projectSubscription(rows.subscription(event.data.subscriptionId), event, metadata, at),
      );
      break;
    case 'LicenseActivated': {
      const { licenseId, userId, replaces, keyId } = event.data;
      const license = projectLicense(rows.license(licenseId), event, folded.personal.clientName, at);
      const former = replaces === undefined ? undefined : replaced(rows.license(replaces), userId, at);
      const key = keyId === undefined ? undefined : projectKeyUse(rows.licenseKey(keyId), event.data, at);
      rows.setLicense(license);
      if (former) rows.setLicense(former);
      if (key) rows.setLicenseKey(key);
      break;
    }
    case 'LicenseDeactivated':
    case 'LicenseRevoked':
    case 'LicenseReinstated':
      rows.setLicense(projectLicense(rows.license(event.data.licenseId), event, null, at));
      break;
    case 'LicenseKeyIssued':
    case 'LicenseKeyRevoked':
      rows.setLicenseKey(projectLicenseKey(rows.licenseKey(event.data.keyId), event, at));
      break;
    case 'UserErased':
    case 'UserSignedUp':
    case 'UserAdded':
    case 'PasswordResetIssued':
    case 'EmailVerificationIssued':
    case 'PasswordChanged':
    case 'EmailVerified':
    case 'EmailChanged':
    case 'LoggedOut':
    case 'SessionsEnded':
      break;
    default:
      event satisfies never;
  }
  rows.setUser(user);
  return at;
}
