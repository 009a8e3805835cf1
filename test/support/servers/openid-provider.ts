import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

/** Whom the provider takes whoever comes for. */
export interface Person {
  readonly email: string;
  readonly email_verified: boolean;
}

export interface OpenIdProvider {
  readonly settings: Readonly<Record<'OIDC_ISSUER' | 'OIDC_CLIENT_ID' | 'OIDC_CLIENT_SECRET', string>>;
  /** Whoever logs in from now on is this person; undefined: they refuse. */
  person: Person | undefined;
  stop(): Promise<void>;
}

const SECRET = 'a secret of the test';

/** A real OpenID provider, whose page asks nothing: whoever comes is `person`. */
export async function startOpenIdProvider(redirectUri: string): Promise<OpenIdProvider> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const op = { person: undefined as Person | undefined };
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'licenses', client_secret: SECRET, redirect_uris: [redirectUri] }],
    cookies: { keys: ['of the test'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: async (_context, sub) => ({ accountId: sub, claims: async () => ({ sub, ...op.person }) }),
    // The client is the seller's own: nobody is asked for consent.
    async loadExistingGrant({ oidc }) {
      const { client, session } = oidc;
      const grant = new provider.Grant({
        ...(client && { clientId: client.clientId }),
        ...(session?.accountId !== undefined && { accountId: session.accountId }),
      });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
  });
  // What goes wrong inside is shown by no page of it.
  provider.on('server_error', (_context, error) => console.error(error));
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void answer(request, response);
    const { person } = op;
    const result = person ? { login: { accountId: person.email } } : { error: 'access_denied' };
    return void provider.interactionFinished(request, response, result);
  });
  return Object.assign(op, {
    settings: { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'licenses', OIDC_CLIENT_SECRET: SECRET },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}
