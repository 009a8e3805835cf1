import { z } from 'zod';
import { termsSchema1 } from './terms.ts';

/**
 * What came with level 1: version 1 of these events' payloads, as the log holds them. A shipped schema is never edited: a
 * change is a new version with an upcaster (see catalogue.ts) and a golden fixture of each.
 */

const id = z.uuid();
/** An instant: ISO 8601 in UTC, to the millisecond. */
const instant = z.iso.datetime({ precision: 3 });
/** `personal`, encrypted under the user's data key: a compact JWE. */
const sealed = z.string().max(16_384);
/** HMAC-SHA256 of the normalised email: 64 hexadecimal digits. */
const emailDigest = z.string().regex(/^[0-9a-f]{64}$/);
const clientId = z.string().min(1).max(128);

const subscriptionTerms = { subscriptionId: id, plan: z.string().max(32), terms: termsSchema1 };

export const userEventSchemas = {
  UserSignedUp: z.strictObject({ userId: id, emailDigest, personal: sealed }),
  PasswordChanged: z.strictObject({ userId: id, personal: sealed }),
  LoggedOut: z.strictObject({ userId: id, tokenId: id, expiresAt: instant }),
  SubscriptionStarted: z.strictObject({
    userId: id,
    ...subscriptionTerms,
    startDate: instant,
    endDate: instant,
    externalId: z.string().min(1).max(128).optional(),
  }),
  SubscriptionRenewed: z.strictObject({ userId: id, subscriptionId: id, endDate: instant }),
  SubscriptionPlanChanged: z.strictObject({ userId: id, ...subscriptionTerms }),
  SubscriptionSuspended: z.strictObject({ userId: id, subscriptionId: id, personal: sealed }),
  SubscriptionReinstated: z.strictObject({ userId: id, subscriptionId: id, personal: sealed }),
  SubscriptionCancelled: z.strictObject({
    userId: id,
    subscriptionId: id,
    endDate: instant,
    personal: sealed,
  }),
  LicenseActivated: z.strictObject({
    userId: id,
    licenseId: id,
    subscriptionId: id,
    clientId,
    personal: sealed,
  }),
  LicenseDeactivated: z.strictObject({ userId: id, licenseId: id, clientId, personal: sealed }),
  LicenseRevoked: z.strictObject({ userId: id, licenseId: id, clientId, personal: sealed }),
  LicenseReinstated: z.strictObject({ userId: id, licenseId: id, clientId, personal: sealed }),
  UserErased: z.strictObject({ userId: id }),
} as const;

export const emailEventSchemas = {
  EmailReserved: z.strictObject({ userId: id }),
  EmailReleased: z.strictObject({ userId: id }),
} as const;

const reason = z.strictObject({ reason: z.string().max(1_024).optional() });

/** What `personal` holds before it is encrypted. Events that are not named here have none. */
export const personalSchemas = {
  UserSignedUp: z.strictObject({ email: z.string().max(254), passwordHash: z.string().max(512) }),
  PasswordChanged: z.strictObject({ passwordHash: z.string().max(512) }),
  SubscriptionSuspended: reason,
  SubscriptionReinstated: reason,
  SubscriptionCancelled: reason,
  LicenseActivated: z.strictObject({ clientName: z.string().max(256).optional() }),
  LicenseDeactivated: reason,
  LicenseRevoked: reason,
  LicenseReinstated: reason,
} as const;
