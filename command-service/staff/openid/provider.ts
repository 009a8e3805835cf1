import * as client from 'openid-client';
import { isLoopback } from '../../../shared/http/loopback.ts';

/** Where people who are staff are known, if the seller has such a place: an OpenID provider that it trusts for emails. */
export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where the provider sends people back to. */
  readonly redirectUri: string;
}

/** What ties an answer of the provider to the browser that asked: kept in a cookie of that browser alone. */
export interface Pending {
  readonly state: string;
  readonly nonce: string;
  /** PKCE (RFC 7636). */
  readonly codeVerifier: string;
}

export interface Provider {
  /** Where to send the browser, and what it has to bring back. @throws ProviderUnavailable */
  begin(): Promise<{ readonly url: string; readonly pending: Pending }>;
  /**
   * Who came back, by an email that the provider vouches for.
   * @param query as the provider wrote it
   * @returns undefined if it vouches for nobody: refused, forged, replayed, or an email that is not verified
   * @throws ProviderUnavailable
   */
  finish(query: URLSearchParams, pending: Pending): Promise<string | undefined>;
}

/** The provider can't be reached, or answers nonsense. */
export class ProviderUnavailable extends Error {
  readonly code = 'provider_unavailable';
  constructor(options?: ErrorOptions) {
    super('the OpenID provider cannot be reached', options);
    this.name = 'ProviderUnavailable';
  }
}

const TIMEOUT_SECONDS = 10;

/** Answers of the provider that refuse: the person, the code, or what came with it. */
const isRefusal = (error: unknown): boolean =>
  error instanceof client.AuthorizationResponseError ||
  error instanceof client.ResponseBodyError ||
  (error instanceof client.ClientError && error.code !== 'OAUTH_TIMEOUT');

/** A provider that is asked what it is at the first log-in, and again if that failed. */
export function createProvider({ issuer, clientId, clientSecret, redirectUri }: ProviderSettings): Provider {
  let known: Promise<client.Configuration> | undefined;

  const configuration = (): Promise<client.Configuration> => {
    const url = new URL(issuer);
    known ??= client
      .discovery(url, clientId, clientSecret, undefined, {
        timeout: TIMEOUT_SECONDS,
        execute: url.protocol === 'http:' && isLoopback(url.hostname) ? [client.allowInsecureRequests] : [],
      })
      .catch((cause: unknown) => {
        known = undefined;
        throw new ProviderUnavailable({ cause });
      });
    return known;
  };

  /** The claims of the ID token; of the user info where that has no email. */
  async function claimsOf(config: client.Configuration, query: URLSearchParams, pending: Pending) {
    const url = new URL(redirectUri);
    url.search = query.toString();
    const tokens = await client.authorizationCodeGrant(config, url, {
      pkceCodeVerifier: pending.codeVerifier,
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (!claims || claims.email !== undefined) return claims;
    return client.fetchUserInfo(config, tokens.access_token, claims.sub);
  }

  return {
    async begin() {
      const config = await configuration();
      const pending = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        codeVerifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid email',
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(pending.codeVerifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, pending };
    },
    async finish(query, pending) {
      const config = await configuration();
      try {
        const claims = await claimsOf(config, query, pending);
        return claims?.email_verified === true && typeof claims.email === 'string' ? claims.email : undefined;
      } catch (cause) {
        if (isRefusal(cause)) return undefined;
        throw new ProviderUnavailable({ cause });
      }
    },
  };
}
