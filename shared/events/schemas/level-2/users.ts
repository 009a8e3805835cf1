import { z } from 'zod';
import { termsSchema } from '../terms.ts';
import { digest, id, instant, product, sealed } from './fields.ts';

const clientId = z.string().min(1).max(128);
const externalId = z.string().min(1).max(128);
const plan = z.string().max(32);
/** How many times the plan was bought: it multiplies the clients. */
const quantity = z.int().min(1).max(10_000);

const subscriptionTerms = { subscriptionId: id, product, plan, terms: termsSchema, quantity };

export const userEventSchemas2 = {
  UserAdded: z.strictObject({
    userId: id,
    emailDigest: digest.optional(),
    externalId: externalId.optional(),
    personal: sealed,
  }),
  PasswordResetIssued: z.strictObject({ userId: id, resetId: id, expiresAt: instant }),
  PasswordChanged: z.strictObject({ userId: id, resetId: id.optional(), personal: sealed }),
  EmailVerified: z.strictObject({ userId: id, emailDigest: digest }),
  EmailChanged: z.strictObject({ userId: id, emailDigest: digest, personal: sealed }),
  /** A token to verify the email by: it holds for the email and the password that these revisions of the user set. */
  EmailVerificationIssued: z.strictObject({
    userId: id,
    emailRevision: z.int().min(0),
    /** -1 where no password was set yet. */
    passwordRevision: z.int().min(-1),
    expiresAt: instant,
  }),
  SessionsEnded: z.strictObject({ userId: id }),
  SubscriptionStarted: z.strictObject({
    userId: id,
    ...subscriptionTerms,
    trial: z.boolean(),
    startDate: instant,
    endDate: instant,
    externalId: externalId.optional(),
  }),
  SubscriptionPlanChanged: z.strictObject({ userId: id, ...subscriptionTerms }),
  SubscriptionCancellationWithdrawn: z.strictObject({ userId: id, subscriptionId: id }),
  /** It ends within so many days. It informs: what holds at the end, the clock decides. */
  SubscriptionEnding: z.strictObject({
    userId: id,
    subscriptionId: id,
    endDate: instant,
    days: z.union([z.literal(7), z.literal(1)]),
  }),
  /** It is over, and so is its grace; by the clock it was before. */
  SubscriptionLapsed: z.strictObject({ userId: id, subscriptionId: id, endDate: instant }),
  LicenseKeyIssued: z.strictObject({
    userId: id,
    keyId: id,
    product,
    /** It names the key's reservation stream. */
    keyDigest: digest,
    /** Its text was made by another system: it can't be shown. */
    imported: z.literal(true).optional(),
    /** How many different clients it may activate; no limit unless given. */
    uses: z.int().min(1).max(10_000_000).optional(),
    expiresAt: instant.optional(),
    personal: sealed,
  }),
  LicenseKeyRevoked: z.strictObject({ userId: id, keyId: id, personal: sealed }),
  LicenseActivated: z.strictObject({
    userId: id,
    licenseId: id,
    subscriptionId: id,
    product,
    clientId,
    /** The license key that activated it. */
    keyId: id.optional(),
    /** With it: how many different clients that key has activated by now, this one among them. */
    keyUses: z.int().min(1).optional(),
    /** The license whose place it took: that one is deactivated by this event. */
    replaces: id.optional(),
    personal: sealed,
  }),
  UserErased: z.strictObject({
    userId: id,
    /** The email stays reserved: the user was suspended when they were erased. */
    emailBlocked: z.boolean(),
  }),
} as const;

const reason = z.strictObject({ reason: z.string().max(1_024).optional() });

export const userPersonalSchemas2 = {
  UserAdded: z.strictObject({ email: z.string().max(254).optional(), name: z.string().max(256).optional() }),
  PasswordChanged: z.strictObject({ passwordHash: z.string().max(512) }),
  EmailChanged: z.strictObject({ email: z.string().max(254) }),
  LicenseKeyIssued: z.strictObject({ note: z.string().max(1_024).optional() }),
  LicenseKeyRevoked: reason,
  LicenseActivated: z.strictObject({ clientName: z.string().max(256).optional() }),
} as const;
