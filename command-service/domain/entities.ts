import type { Position } from '../../shared/event-log/position.ts';
import type { Terms } from '../../shared/events/schemas/terms.ts';
import type { LicenseKeyFacts } from '../../shared/license-keys/status.ts';
import type { EndNotice } from '../../shared/subscription-end.ts';
import type { Side, SubscriptionFacts } from '../../shared/subscription-status.ts';

/** One subscription. Replaced, never changed. Instants are milliseconds since 1970. */
export interface Subscription extends SubscriptionFacts {
  /** Null where it is not cancelled. */
  readonly cancelledBy: Side | null;
  readonly subscriptionId: string;
  readonly product: string;
  readonly plan: string;
  /** The plan that it was started with: what a repeated start is compared with. */
  readonly startedPlan: string;
  readonly startedBy: Side;
  readonly terms: Terms;
  /** How many times the plan was bought: it multiplies the clients. */
  readonly quantity: number;
  readonly trial: boolean;
  readonly externalId?: string;
  /** What was told of its end, as it is set now. */
  readonly endNotice: EndNotice;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One client of the user, activated for a product at some time. Replaced, never changed. */
export interface License {
  readonly licenseId: string;
  /** The subscription that counted when it was activated. */
  readonly subscriptionId: string;
  readonly product: string;
  readonly clientId: string;
  /** The license key that it was activated by. */
  readonly keyId?: string;
  readonly status: 'active' | 'deactivated' | 'revoked';
  readonly activatedAt: number;
  /** Of the event that activated it. With `activatedAt` it is part of the activation key, the same each time. */
  readonly activatedPosition: Position;
  readonly updatedAt: number;
}

/** What a customer types into the program. Replaced, never changed. */
export interface LicenseKey extends LicenseKeyFacts {
  readonly keyId: string;
  readonly product: string;
  /** Another system made its text, so it can't be shown. */
  readonly imported: boolean;
  readonly issuedBy: 'user' | 'staff';
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What is shown of a user. Replaced, never changed. What names a person is still sealed. */
export interface Profile {
  readonly status: 'active' | 'erased';
  /** The encrypted `personal` of the event that set the email last, and the event's type; absent without an email. */
  readonly sealedEmail?: {
    readonly event: 'UserSignedUp' | 'UserAdded' | 'EmailChanged';
    readonly sealed: string;
  };
  /** The encrypted `personal` of `UserAdded`: the name that staff gave. */
  readonly sealedName?: string;
  readonly externalId?: string;
  readonly emailVerified: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}
