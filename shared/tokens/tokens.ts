import type { Clock } from '../clock.ts';
import type { KeyRings } from './key-ring.ts';
import type { TokenKind } from './kinds.ts';

/** Who an access token speaks for. */
export type TokenRole = 'user' | 'operator' | 'analyst' | 'staff';

interface CommonClaims {
  readonly jti: string;
  /** Seconds since 1970, as `exp`; half a minute before the token was made. */
  readonly iat: number;
  readonly exp: number;
}

export interface UserClaims extends CommonClaims {
  readonly role: 'user';
  /** The user's id. */
  readonly sub: string;
  /** The revision of the user's stream when the token was made. */
  readonly rev: number;
}

/** What the command-line tool makes, on the machine itself. */
export interface ToolClaims extends CommonClaims {
  readonly role: 'operator' | 'analyst';
  /** A name. */
  readonly sub: string;
}

/** A service account's (RFC 9068). */
export interface StaffClaims extends CommonClaims {
  readonly role: 'staff';
  /** The service account's id, as `client_id`. */
  readonly sub: string;
  readonly client_id: string;
  /** The revision of its stream when the token was made. */
  readonly rev: number;
  /** The id of the key whose secret it was made for. */
  readonly key: string;
  /** With spaces between (RFC 6749, 3.3). */
  readonly scope: string;
}

export type AccessClaims = UserClaims | ToolClaims | StaffClaims;

/** A log-in of a person who is staff. */
export interface SessionClaims extends CommonClaims {
  readonly role: 'member';
  /** The id of the member of staff. */
  readonly sub: string;
  /** The revision of their stream when they logged in; the session's id is the `jti`. */
  readonly rev: number;
  /** As a service account's. */
  readonly scope: string;
  /** What a page has to say to change something, and a request forged elsewhere can't know. */
  readonly csrf: string;
}

/** What an activation key says: who asks. It has no expiry; its state is decided at every validation. */
export interface ActivationClaims {
  /** The user's id. */
  readonly sub: string;
  /** The license's id. */
  readonly lic: string;
  /** The client's id. */
  readonly cid: string;
  /** Position of the license's `LicenseActivated` event, as position.ts writes it. */
  readonly pos: string;
  /** Half a minute before that event, in whole seconds since 1970. */
  readonly iat: number;
}

/** The license that an activation key is made for. */
export interface ActivatedLicense extends Omit<ActivationClaims, 'iat'> {
  /** Time of its `LicenseActivated` event, in milliseconds since 1970. */
  readonly activatedAt: number;
}

/** Why a token is not good. For logs and metrics: callers are told only that it is not. */
export type TokenFault =
  | 'malformed'
  | 'unknown_key'
  | 'bad_signature'
  | 'wrong_kind'
  | 'wrong_issuer'
  | 'expired';

export type Verified<C> =
  | { readonly ok: true; readonly claims: C; readonly kid: string }
  | { readonly ok: false; readonly reason: TokenFault };

export interface TokensOptions {
  readonly rings: Pick<KeyRings, TokenKind>;
  /** `iss` of every token, checked when verified. */
  readonly issuer: string;
  readonly clock: Clock;
}

/**
 * Makes and verifies the four kinds of tokens: Ed25519 JWTs, each with keys, a `typ` and an audience of its own, so
 * that none stands in for another (RFC 8725, 3.11 and 3.12). Signing throws NoSigningKey; verifying throws for no token.
 */
export interface Tokens {
  signAccessToken(input: {
    readonly subject: string;
    readonly role: TokenRole;
    /** Of the stream of the user, or of the service account. */
    readonly revision?: number;
    /** Of a service account: by which of its keys, and with which scopes. */
    readonly service?: { readonly keyId: string; readonly scopes: readonly string[] };
    /** Default {@link ACCESS_TOKEN_SECONDS}. */
    readonly lifetimeSeconds?: number;
  }): Promise<{ readonly token: string; readonly expiresIn: number }>;
  verifyAccessToken(token: string): Promise<Verified<AccessClaims>>;

  /** @param input.expiresAt in milliseconds since 1970 */
  signSession(input: {
    readonly staffId: string;
    readonly sessionId: string;
    readonly revision: number;
    readonly scopes: readonly string[];
    readonly expiresAt: number;
  }): Promise<string>;
  verifySession(token: string): Promise<Verified<SessionClaims>>;

  /** The same license gives the same key, as long as the same signing key is in use. */
  signActivationKey(license: ActivatedLicense): Promise<string>;
  verifyActivationKey(token: string): Promise<Verified<ActivationClaims>>;

  /** Times in seconds since 1970; `iat` and `nbf` lie half a minute back. `license` is the validation's answer. */
  signLease(input: {
    readonly subject: string;
    readonly issuedAt: number;
    readonly expiresAt: number;
    readonly nonce?: string | undefined;
    readonly license: object;
  }): Promise<string>;
}

/** How long a user's access token lives. */
export const ACCESS_TOKEN_SECONDS = 15 * 60;
/** Tokens longer than this are not looked at. */
export const MAX_TOKEN_LENGTH = 4_096;
