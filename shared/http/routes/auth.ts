import type { AccessClaims, ActivationClaims, Tokens } from '../../tokens/tokens.ts';
import { Problem } from '../problems/problem.ts';

/** Who may call a route. A client speaks with its activation key, the others with an access token. */
export type Role = 'user' | 'client' | 'operator' | 'analyst';

/** Who asks, as the token says. */
export type Principal =
  | {
      readonly role: 'user';
      /** The user's id. */
      readonly id: string;
      readonly userId: string;
      readonly token: AccessClaims;
    }
  | {
      readonly role: 'operator' | 'analyst';
      /** The name in the token. */
      readonly id: string;
      readonly token: AccessClaims;
    }
  | {
      readonly role: 'client';
      /** The license's id. */
      readonly id: string;
      readonly userId: string;
      readonly key: ActivationClaims;
    };

export interface AuthenticatorOptions {
  readonly tokens: Pick<Tokens, 'verifyAccessToken' | 'verifyActivationKey'>;
  /**
   * Whether a user's access token was ended by a log-out, a new password or an erasing. Each service judges it by
   * what it knows; what it throws becomes the answer (a store that is unreachable: 503).
   */
  readonly isEnded: (claims: AccessClaims) => Promise<boolean>;
}

export type Authenticate = (authorization: string | undefined, roles: readonly Role[]) => Promise<Principal>;

/** The token of an `Authorization: Bearer …` header (RFC 6750, 2.1); undefined for any other header. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\w~+/.-]+=*) *$/i.exec(authorization ?? '')?.[1];
}

/**
 * Tells who asks, and refuses whoever may not. An activation key counts only where the route lets clients in.
 * @throws Problem token_required, token_invalid, token_expired, token_ended, role_not_allowed
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
    const { claims } = verified;
    if (claims.role !== 'user') return { role: claims.role, id: claims.sub, token: claims };
    if (await options.isEnded(claims)) throw new Problem('token_ended');
    return { role: 'user', id: claims.sub, userId: claims.sub, token: claims };
  };

  return async (authorization, roles) => {
    if (authorization === undefined) throw new Problem('token_required');
    const token = bearerToken(authorization);
    if (token === undefined) throw new Problem('token_invalid');
    const holder = await asHolder(token);
    const principal =
      holder === 'token_invalid' && roles.includes('client') ? ((await asClient(token)) ?? holder) : holder;
    if (typeof principal === 'string') throw new Problem(principal);
    if (!roles.includes(principal.role)) throw new Problem('role_not_allowed');
    return principal;
  };
}
