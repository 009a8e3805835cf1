import { z } from 'zod';
import { digest, id, instant, sealed } from './fields.ts';

const scopes = z.array(z.string().regex(/^[a-z]+:[a-z]+$/)).max(32);

/** What makes a member of staff known again: the token is derived from the id, and good once until then. */
const welcome = { welcomeId: id, expiresAt: instant };

/** Service accounts, and the members of staff who are people. Both end with `StaffRemoved`. */
export const staffEventSchemas2 = {
  /** A service account. Its name stands in the history for ever; it names no person. */
  StaffAdded: z.strictObject({
    staffId: id,
    name: z.string().min(1).max(128),
    kind: z.literal('service'),
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
  /** A person, who has neither password nor second factor yet. */
  StaffInvited: z.strictObject({ staffId: id, scopes, ...welcome, personal: sealed }),
  /** Password, second factor and sessions have ended, and the person is welcomed again. */
  StaffReset: z.strictObject({ staffId: id, ...welcome }),
  StaffPasswordSet: z.strictObject({
    staffId: id,
    /** Set by a welcome: the second factor that is to be confirmed. Its secret is derived from this id. */
    factorId: id.optional(),
    personal: sealed,
  }),
  StaffSecondFactorSet: z.strictObject({
    staffId: id,
    factorId: id,
    /** The time step (RFC 6238) of the code that confirmed it: neither it nor an earlier one is good again. */
    step: z.int().min(0),
  }),
  /** A code or a recovery code is used up by the event that says so; neither is there after OpenID Connect. */
  StaffLoggedIn: z.strictObject({
    staffId: id,
    sessionId: id,
    expiresAt: instant,
    step: z.int().min(0).optional(),
    recoveryCode: z.int().min(1).max(10).optional(),
  }),
  StaffLoggedOut: z.strictObject({ staffId: id, sessionId: id }),
  StaffSessionsEnded: z.strictObject({ staffId: id }),
} as const;

export const staffPersonalSchemas2 = {
  StaffInvited: z.strictObject({ email: z.string().max(254), name: z.string().min(1).max(256) }),
  StaffPasswordSet: z.strictObject({ passwordHash: z.string().max(512) }),
} as const;
