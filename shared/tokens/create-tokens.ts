import { randomBytes, randomUUID } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { z } from 'zod';
import { parsePosition } from '../event-log/position.ts';
import { ALGORITHM, BACKDATED_SECONDS, TOKEN_KINDS, type TokenKind } from './kinds.ts';
import { remembering } from './remembered.ts';
import { ACCESS_TOKEN_SECONDS, type Tokens, type TokensOptions } from './tokens.ts';
import { verifyToken } from './verify.ts';

const seconds = z.int().min(0);
const text = z.string().min(1).max(128);

const accessCommon = { jti: z.uuid(), iat: seconds, exp: seconds };
const accessSchema = z.discriminatedUnion('role', [
  z.object({ ...accessCommon, role: z.literal('user'), sub: z.uuid(), rev: z.int().min(0) }),
  z.object({ ...accessCommon, role: z.enum(['operator', 'analyst']), sub: text }),
  z.object({
    ...accessCommon,
    role: z.literal('staff'),
    sub: z.uuid(),
    client_id: z.uuid(),
    rev: z.int().min(0),
    key: z.uuid(),
    scope: z.string().max(1_024),
  }),
]);

const sessionSchema = z.object({
  ...accessCommon,
  role: z.literal('member'),
  sub: z.uuid(),
  rev: z.int().min(0),
  scope: z.string().max(1_024),
  csrf: z.string().regex(/^[\w-]{22}$/),
});

const activationSchema = z.object({
  sub: z.uuid(),
  lic: z.uuid(),
  cid: text,
  pos: z.string().refine((position) => parsePosition(position) !== undefined),
  iat: seconds,
});

/** When a token is made at `now`, in seconds since 1970: `iat` and `nbf` lie back, and the clock of who reads it may too. */
const backdated = (now: number) => {
  const iat = Math.max(0, now - BACKDATED_SECONDS);
  return { iat, nbf: iat };
};

/** Makes the tokens of a system from its key rings. */
export function createTokens(options: TokensOptions): Tokens {
  const { rings, issuer, clock } = options;

  async function sign(kind: TokenKind, claims: JWTPayload): Promise<string> {
    const { typ, audience } = TOKEN_KINDS[kind];
    const { kid, privateKey } = rings[kind].signingKey();
    return new SignJWT({ ...claims, iss: issuer, aud: audience })
      .setProtectedHeader({ alg: ALGORITHM, typ, kid })
      .sign(privateKey);
  }

  return {
    async signAccessToken({ subject, role, revision, service, lifetimeSeconds = ACCESS_TOKEN_SECONDS }) {
      const now = Math.floor(clock() / 1_000);
      const { iat, nbf } = backdated(now);
      const exp = now + lifetimeSeconds;
      // A token that would not verify is a fault of the caller, and is found here.
      const claims = accessSchema.parse({
        ...{ sub: subject, role, jti: randomUUID(), iat, exp },
        ...(revision !== undefined && { rev: revision }),
        ...(service && { client_id: subject, key: service.keyId, scope: service.scopes.join(' ') }),
      });
      return { token: await sign('access', { ...claims, nbf }), expiresIn: lifetimeSeconds };
    },
    verifyAccessToken: remembering((token) => verifyToken(token, 'access', accessSchema, options), {
      ring: rings.access,
      clock,
    }),
    async signSession({ staffId, sessionId, revision, scopes, expiresAt }) {
      const { iat, nbf } = backdated(Math.floor(clock() / 1_000));
      const claims = sessionSchema.parse({
        ...{ role: 'member', sub: staffId, jti: sessionId, rev: revision, scope: scopes.join(' ') },
        ...{ csrf: randomBytes(16).toString('base64url'), iat, exp: Math.floor(expiresAt / 1_000) },
      });
      return sign('session', { ...claims, nbf });
    },
    verifySession: remembering((token) => verifyToken(token, 'session', sessionSchema, options), {
      ring: rings.session,
      clock,
    }),
    async signActivationKey({ activatedAt, ...claims }) {
      const { iat, nbf } = backdated(Math.floor(activatedAt / 1_000));
      return sign('activation', { ...activationSchema.parse({ ...claims, iat }), nbf });
    },
    verifyActivationKey: (token) => verifyToken(token, 'activation', activationSchema, options),
    signLease: ({ subject, issuedAt, expiresAt, nonce, license }) =>
      sign('lease', {
        sub: subject,
        ...backdated(issuedAt),
        exp: expiresAt,
        jti: randomUUID(),
        ...(nonce === undefined ? {} : { nonce }),
        license,
      }),
  };
}
