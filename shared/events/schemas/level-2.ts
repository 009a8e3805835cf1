import { z } from 'zod';
import { termsSchema } from './terms.ts';
import type { EventVersion } from './version.ts';

/**
 * The types and versions that came with level 2: products, trials, license keys, external ids, staff, and the life of an
 * account. A shipped schema is never edited: a change is a new version with an upcaster and a golden fixture of each.
 */

type Json = Readonly<Record<string, unknown>>;

const id = z.uuid();
const instant = z.iso.datetime({ precision: 3 });
const sealed = z.string().max(16_384);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const clientId = z.string().min(1).max(128);
const externalId = z.string().min(1).max(128);
const product = z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/);
const plan = z.string().max(32);
/** How many times the plan was bought: it multiplies the clients. */
const quantity = z.int().min(1).max(10_000);
const scopes = z.array(z.string().regex(/^[a-z]+:[a-z]+$/)).max(32);

/** The product of everything that was sold before there were products. */
export const FIRST_PRODUCT = 'app';

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

/** Reservation streams. What is reserved stands in the stream's name, as a digest; here is for whom. */
export const reservationEventSchemas2 = {
  ExternalIdReserved: z.strictObject({ userId: id, subscriptionId: id.optional() }),
  LicenseKeyReserved: z.strictObject({ userId: id, keyId: id }),
  TrialUsed: z.strictObject({ userId: id, subscriptionId: id }),
} as const;

const staffName = z.string().min(1).max(128);

export const staffEventSchemas2 = {
  StaffAdded: z.strictObject({
    staffId: id,
    name: staffName,
    kind: z.enum(['person', 'service']),
    scopes,
  }),
  StaffScopesChanged: z.strictObject({ staffId: id, scopes }),
  StaffKeyIssued: z.strictObject({
    staffId: id,
    keyId: id,
    keyDigest: digest,
    expiresAt: instant.optional(),
  }),
  StaffKeyRevoked: z.strictObject({ staffId: id, keyId: id }),
  StaffRemoved: z.strictObject({ staffId: id }),
} as const;

const reason = z.strictObject({ reason: z.string().max(1_024).optional() });

export const personalSchemas2 = {
  UserAdded: z.strictObject({ email: z.string().max(254).optional(), name: z.string().max(256).optional() }),
  PasswordChanged: z.strictObject({ passwordHash: z.string().max(512) }),
  EmailChanged: z.strictObject({ email: z.string().max(254) }),
  LicenseKeyIssued: z.strictObject({ note: z.string().max(1_024).optional() }),
  LicenseKeyRevoked: reason,
  LicenseActivated: z.strictObject({ clientName: z.string().max(256).optional() }),
} as const;

const termsUp = (terms: unknown): Json => ({
  ...(terms as Json),
  replacementsPerMonth: null,
  price: null,
});

const termsDown = (terms: unknown): Json => {
  const { replacementsPerMonth: _replacements, price: _price, ...older } = terms as Json;
  return older;
};

/** Level 1 has no place for it: another product, several, or a trial. */
const fitsLevel1 = ({ product: sold, quantity: bought, trial }: Json): boolean =>
  sold === FIRST_PRODUCT && (bought ?? 1) === 1 && trial !== true;

type Steps = NonNullable<EventVersion['fromPrevious']>;

/** From version 1 to version 2. What version 1 can't say is not written at level 1. */
export const steps2: Readonly<Record<string, Steps>> = {
  PasswordChanged: {
    data: { up: (older) => older, down: ({ resetId: _reset, ...older }) => older },
  },
  SubscriptionStarted: {
    data: {
      up: ({ terms, ...older }) => ({
        ...older,
        product: FIRST_PRODUCT,
        quantity: 1,
        trial: false,
        terms: termsUp(terms),
      }),
      down: (newer) => {
        if (!fitsLevel1(newer)) return undefined;
        const { product: _product, quantity: _quantity, trial: _trial, terms, ...older } = newer;
        return { ...older, terms: termsDown(terms) };
      },
    },
  },
  SubscriptionPlanChanged: {
    data: {
      up: ({ terms, ...older }) => ({ ...older, product: FIRST_PRODUCT, quantity: 1, terms: termsUp(terms) }),
      down: (newer) => {
        if (!fitsLevel1(newer)) return undefined;
        const { product: _product, quantity: _quantity, terms, ...older } = newer;
        return { ...older, terms: termsDown(terms) };
      },
    },
  },
  LicenseActivated: {
    data: {
      up: (older) => ({ ...older, product: FIRST_PRODUCT }),
      down: (newer) => {
        const { product: _product, keyId, keyUses, replaces, ...older } = newer;
        const fits = keyId === undefined && keyUses === undefined && replaces === undefined;
        return fits && fitsLevel1(newer) ? older : undefined;
      },
    },
  },
  UserErased: {
    data: {
      up: (older) => ({ ...older, emailBlocked: false }),
      down: ({ emailBlocked, ...older }) => (emailBlocked === true ? undefined : older),
    },
  },
};
