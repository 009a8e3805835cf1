import { timingSafeEqual } from 'node:crypto';
import { licenseKeyHash } from '../../license-keys/text.ts';
import { isScope, knownScopes, type Scope, TOOL_SCOPES } from '../../tokens/scopes.ts';
import type {
  AccessClaims,
  ActivationClaims,
  SessionClaims,
  Tokens,
  UserClaims,
} from '../../tokens/tokens.ts';
import { Problem } from '../problems/problem.ts';
import { bearerToken, licenseKeyIn } from './bearer.ts';
import type { SessionCookie } from './session-cookie.ts';

/**
 * Who may call a route: a user, a client with its activation key, whoever has a license key, a person of the staff who has
 * logged in, or staff with this scope. Of several scopes one is enough.
 */
export type Grant = 'user' | 'client' | 'license_key' | 'member' | Scope;

/** Somebody of the seller: a token of the command-line tool (operator, analyst), a service account, or a person who has logged in. */
export interface StaffPrincipal {
  readonly role: 'operator' | 'analyst' | 'staff';
  /** The name in the token; for a service account or a person its id. */
  readonly id: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly token: Exclude<AccessClaims, UserClaims> | SessionClaims;
}

/** Who asks, as the token says. */
export type Principal =
  | {
      readonly role: 'user';
      /** The user's id. */
      readonly id: string;
      readonly userId: string;
      readonly token: UserClaims;
    }
  | StaffPrincipal
  | {
      readonly role: 'client';
      /** The license's id. */
      readonly id: string;
      readonly userId: string;
      readonly key: ActivationClaims;
    }
  | {
      readonly role: 'license_key';
      /** The key's `licenseKeyHash`. Whether there is such a key is the route's to find out. */
      readonly id: string;
    };

export interface AuthenticatorOptions {
  readonly tokens: Pick<Tokens, 'verifyAccessToken' | 'verifyActivationKey' | 'verifySession'>;
  /** In which cookie people who are staff keep their session. */
  readonly cookie: Pick<SessionCookie, 'read'>;
  /**
   * Whether an access token was ended: a user's by a log-out, a new password or an erasing, a service account's by a change
   * of its scopes, its key or itself, a person's session by the end of it. Each service judges it by what it knows; what it throws becomes the answer (a store
   * that is unreachable: 503).
   */
  readonly isEnded: (claims: AccessClaims | SessionClaims) => Promise<boolean>;
  /** License keys that other systems made are taken too, whatever they look like. */
  readonly importedLicenseKeys?: boolean | undefined;
}

/** How a request says who asks. */
export interface Credentials {
  readonly authorization?: string | undefined;
  /** The `Cookie` header: looked at where there is no `Authorization`. */
  readonly cookie?: string | undefined;
  /** `X-CSRF-Token`. */
  readonly csrfToken?: string | undefined;
  /** Whether the method may change something: a browser sends the cookie whoever made the request. */
  readonly changes: boolean;
}

export type Authenticate = (credentials: Credentials, grants: readonly Grant[]) => Promise<Principal>;

/** The scopes among a route's grants: staff need one of them. */
export const scopesOf = (grants: readonly Grant[]): Scope[] => grants.filter(isScope);

export const isStaffPrincipal = (principal: Principal | undefined): principal is StaffPrincipal =>
  principal !== undefined && 'scopes' in principal;

/** Whether staff with this scope ask; a customer has none. */
export const hasScope = (principal: Principal | undefined, scope: Scope): boolean =>
  isStaffPrincipal(principal) && principal.scopes.has(scope);

/** The refusal of staff that have none of these scopes: they are named in the body and, as RFC 6750 (3.1) has it, in the header. */
export function insufficientScope(needed: readonly string[], detail?: string): Problem {
  const scope = needed.join(' ');
  const challenge = `Bearer realm="license-system", error="insufficient_scope", scope="${scope}"`;
  return new Problem('insufficient_scope', {
    detail:
      detail ?? `This needs ${needed.length > 1 ? 'one of the scopes' : 'the scope'} ${needed.join(', ')}.`,
    members: { scope },
    headers: { 'WWW-Authenticate': challenge },
  });
}

const MISTYPED = 'This is not a license key: compare it with the one you were given, character by character.';

/** @throws Problem role_not_allowed, insufficient_scope */
function admit(principal: Principal, grants: readonly Grant[]): void {
  if (!isStaffPrincipal(principal)) {
    if (!grants.includes(principal.role)) throw new Problem('role_not_allowed');
    return;
  }
  if (principal.token.role === 'member' && grants.includes('member')) return;
  const needed = scopesOf(grants);
  if (needed.length === 0) throw new Problem('role_not_allowed');
  if (!needed.some((scope) => principal.scopes.has(scope))) throw insufficientScope(needed);
}

function principalOf(claims: AccessClaims): Principal {
  const { sub: id } = claims;
  switch (claims.role) {
    case 'user':
      return { role: 'user', id, userId: id, token: claims };
    case 'staff':
      return { role: 'staff', id, scopes: new Set(knownScopes(claims.scope.split(' '))), token: claims };
    case 'operator':
    case 'analyst':
      return { role: claims.role, id, scopes: new Set(TOOL_SCOPES[claims.role]), token: claims };
    default:
      return claims satisfies never;
  }
}

const isSame = (given: string, expected: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/**
 * Tells who asks, and refuses whoever may not. An activation key counts only where the route lets clients in.
 * @throws Problem token_required, token_invalid, token_expired, token_ended, license_key_unknown, csrf_token_invalid,
 *   role_not_allowed, insufficient_scope
 */
export function createAuthenticate(options: AuthenticatorOptions): Authenticate {
  const { tokens } = options;

  const asClient = async (token: string): Promise<Principal | undefined> => {
    const verified = await tokens.verifyActivationKey(token);
    if (!verified.ok) return undefined;
    const key = verified.claims;
    return { role: 'client', id: key.lic, userId: key.sub, key };
  };

  const asHolder = async (token: string): Promise<Principal | 'token_invalid' | 'token_expired'> => {
    const verified = await tokens.verifyAccessToken(token);
    if (!verified.ok) return verified.reason === 'expired' ? 'token_expired' : 'token_invalid';
    if (await options.isEnded(verified.claims)) throw new Problem('token_ended');
    return principalOf(verified.claims);
  };

  const asMember = async (token: string, { changes, csrfToken }: Credentials): Promise<Principal> => {
    const verified = await tokens.verifySession(token);
    if (!verified.ok) throw new Problem(verified.reason === 'expired' ? 'token_expired' : 'token_invalid');
    const { claims } = verified;
    if (changes && !isSame(csrfToken ?? '', claims.csrf)) throw new Problem('csrf_token_invalid');
    if (await options.isEnded(claims)) throw new Problem('token_ended');
    const scopes = new Set(knownScopes(claims.scope.split(' ')));
    return { role: 'staff', id: claims.sub, scopes, token: claims };
  };

  return async (credentials, grants) => {
    const { authorization } = credentials;
    if (authorization === undefined) {
      const session = options.cookie.read(credentials.cookie);
      if (session === undefined) throw new Problem('token_required');
      const member = await asMember(session, credentials);
      admit(member, grants);
      return member;
    }
    if (grants.includes('license_key')) {
      const key = licenseKeyIn(authorization, options.importedLicenseKeys === true);
      if (key === 'mistyped') throw new Problem('license_key_unknown', { detail: MISTYPED });
      if (key) return { role: 'license_key', id: licenseKeyHash(key.form) };
    }
    const token = bearerToken(authorization);
    if (token === undefined) throw new Problem('token_invalid');
    const holder = await asHolder(token);
    const principal =
      holder === 'token_invalid' && grants.includes('client') ? ((await asClient(token)) ?? holder) : holder;
    if (typeof principal === 'string') throw new Problem(principal);
    admit(principal, grants);
    return principal;
  };
}
