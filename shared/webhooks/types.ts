import type { UserEvent } from '../events/types.ts';

/**
 * The public types, in the terms of the API. They are versioned apart from the log: an event type of the log may get a version
 * or be split without any of these changing.
 */
export const WEBHOOK_TYPES = [
  'customer.created',
  'customer.email_changed',
  'customer.erased',
  'subscription.started',
  'subscription.renewed',
  'subscription.plan_changed',
  'subscription.suspended',
  'subscription.reinstated',
  'subscription.cancelled',
  'subscription.cancellation_withdrawn',
  'subscription.ending',
  'subscription.lapsed',
  'license_key.issued',
  'license_key.revoked',
  'license.activated',
  'license.replaced',
  'license.deactivated',
  'license.revoked',
  'license.reinstated',
] as const;

export type WebhookType = (typeof WEBHOOK_TYPES)[number];

/** What `POST /v1/webhooks/{id}/test` sends, to endpoints of any types. */
export const TEST_TYPE = 'webhook.test';

/** What an event of a user is told as; undefined for what is nobody's business outside. */
export function webhookTypeOf({ type, data }: UserEvent): WebhookType | undefined {
  switch (type) {
    case 'UserSignedUp':
    case 'UserAdded':
      return 'customer.created';
    case 'EmailChanged':
      return 'customer.email_changed';
    case 'UserErased':
      return 'customer.erased';
    case 'SubscriptionStarted':
      return 'subscription.started';
    case 'SubscriptionRenewed':
      return 'subscription.renewed';
    case 'SubscriptionPlanChanged':
      return 'subscription.plan_changed';
    case 'SubscriptionSuspended':
      return 'subscription.suspended';
    case 'SubscriptionReinstated':
      return 'subscription.reinstated';
    case 'SubscriptionCancelled':
      return 'subscription.cancelled';
    case 'SubscriptionCancellationWithdrawn':
      return 'subscription.cancellation_withdrawn';
    case 'SubscriptionEnding':
      return 'subscription.ending';
    case 'SubscriptionLapsed':
      return 'subscription.lapsed';
    case 'LicenseKeyIssued':
      return 'license_key.issued';
    case 'LicenseKeyRevoked':
      return 'license_key.revoked';
    case 'LicenseActivated':
      return data.replaces === undefined ? 'license.activated' : 'license.replaced';
    case 'LicenseDeactivated':
      return 'license.deactivated';
    case 'LicenseRevoked':
      return 'license.revoked';
    case 'LicenseReinstated':
      return 'license.reinstated';
    case 'PasswordResetIssued':
    case 'PasswordChanged':
    case 'EmailVerificationIssued':
    case 'EmailVerified':
    case 'LoggedOut':
    case 'SessionsEnded':
      return undefined;
    default:
      return type satisfies never;
  }
}
