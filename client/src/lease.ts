import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Code, License, Question } from './answer.ts';

const ALGORITHMS = ['EdDSA', 'Ed25519'];
const TYPE = 'lease+jwt';
const AUDIENCE = 'license-system:client';

/** How far the clock may be behind a time that was seen before: clocks are corrected by minutes, and tricked by days. */
export const CLOCK_TOLERANCE_MS = 10 * 60_000;
/** A lease says that it was made half a minute before it was. */
const BACKDATED_MS = 30_000;

/** Whose lease it has to be. */
export interface Holder {
  readonly keys: JSONWebKeySet;
  readonly issuer: string;
  readonly product: string;
  readonly clientId: string;
}

/** What a good lease says. Milliseconds since 1970. */
export interface Lease {
  readonly license: License;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export type Verified =
  | { readonly ok: true; readonly lease: Lease }
  | {
      readonly ok: false;
      readonly code: 'lease_invalid' | 'CLIENT_MISMATCH' | 'PRODUCT_MISMATCH';
      /** The key that it names is not among those that are known. */
      readonly unknownKey: boolean;
      /** What the library said, where it refused. */
      readonly cause: unknown;
    };

const refused = (
  code: 'lease_invalid' | 'CLIENT_MISMATCH' | 'PRODUCT_MISMATCH',
  cause?: unknown,
): Verified => ({ ok: false, code, unknownKey: cause instanceof errors.JWKSNoMatchingKey, cause });

/**
 * Verifies everything about a lease but the time: signature, algorithm, kind, issuer, audience, client, product.
 * @param nonce of the question that it has to answer; a stored lease answers no question
 */
export async function verifyLease(token: string, holder: Holder, nonce?: string): Promise<Verified> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(holder.keys), {
      algorithms: ALGORITHMS,
      typ: TYPE,
      issuer: holder.issuer,
      audience: AUDIENCE,
      requiredClaims: ['iat', 'exp', 'license'],
      // The time is judged apart: by the person's clock, which may be wrong.
      currentDate: new Date(Number(decodeJwt(token).iat) * 1_000),
    });
    const license = payload.license as License;
    if (license.status !== 'valid') return refused('lease_invalid');
    if (license.client_id?.normalize('NFC') !== holder.clientId.normalize('NFC'))
      return refused('CLIENT_MISMATCH');
    if (license.product !== holder.product) return refused('PRODUCT_MISMATCH');
    if (nonce !== undefined && payload.nonce !== nonce) return refused('lease_invalid');
    const [issuedAt, expiresAt] = [Number(payload.iat) * 1_000, Number(payload.exp) * 1_000];
    return { ok: true, lease: { license, issuedAt, expiresAt } };
  } catch (error) {
    // Of whatever kind: key sets and tokens come from outside, and what does not verify unlocks nothing.
    return refused('lease_invalid', error);
  }
}

/** The server's time when it made the lease. */
export const madeAt = (lease: Lease): number => lease.issuedAt + BACKDATED_MS;

/**
 * What the clock says of a stored lease; undefined while it holds.
 * @param mark the latest time that was seen before, in milliseconds since 1970
 */
export function judgeTime(
  lease: Lease,
  now: number,
  mark: number,
): 'clock_set_back' | 'lease_expired' | undefined {
  if (now < Math.max(mark, lease.issuedAt) - CLOCK_TOLERANCE_MS) return 'clock_set_back';
  return now >= lease.expiresAt ? 'lease_expired' : undefined;
}

/** The code for a license that is good, under this question. Asked here, not of the server: a feature that is missing ends no lease. */
export function judgeQuestion(license: License, { entitlements = [], releasedAt }: Question): Code {
  if (entitlements.some((one) => !license.entitlements?.includes(one))) return 'ENTITLEMENTS_MISSING';
  const covered =
    releasedAt === undefined ||
    license.expires_at === null ||
    new Date(releasedAt).getTime() < Date.parse(license.expires_at);
  return covered ? license.code : 'release_not_covered';
}
