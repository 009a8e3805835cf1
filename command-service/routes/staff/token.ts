import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { uuid } from '../../../shared/http/routes/fields.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { knownScopes, type Scope } from '../../../shared/tokens/scopes.ts';
import { ACCESS_TOKEN_SECONDS } from '../../../shared/tokens/tokens.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { type ClientCredentials, clientCredentials } from '../../staff/client-credentials.ts';
import type { Authenticated } from '../../staff/service-accounts.ts';

/** RFC 6749, 3.3. */
const SCOPE = /^[!#-[\]-~]+(?: [!#-[\]-~]+)*$/;

/**
 * A wrong secret counts as a guess of its address alone: nobody guesses 256 random bits, and counted by account it would lock
 * out a billing system whose id somebody knows.
 * @throws Problem invalid_client, rate_limited, and what reading the account's stream throws
 */
async function authenticated(
  { serviceAccounts, guesses }: CommandContext,
  { clientId, secret }: ClientCredentials,
  address: string,
): Promise<Authenticated> {
  const id = uuid.safeParse(clientId);
  const found = await guesses.attempt(
    { kind: 'service_key', address },
    async () => (id.success ? serviceAccounts.authenticate(id.data, secret) : undefined),
    (right) => right === undefined,
  );
  if (!found) throw new Problem('invalid_client');
  return found;
}

/** All scopes of the account, or those of them that were asked for. @throws Problem invalid_scope */
function scopesFor({ account }: Authenticated, asked: string | undefined): Scope[] {
  const has = knownScopes(account.scopes);
  if (asked === undefined) return has;
  const wanted = asked.split(' ');
  const lacking = wanted.filter((scope) => !has.some((each) => each === scope));
  if (lacking.length > 0)
    throw new Problem('invalid_scope', {
      detail: `The service account does not have ${lacking.join(', ')}.`,
    });
  return knownScopes(wanted);
}

const token = commandRoute({
  method: 'post',
  path: '/v1/token',
  operationId: 'issueToken',
  tag: 'Service accounts',
  summary: 'Get an access token for a service account',
  description:
    "OAuth 2.0 client credentials (RFC 6749, 4.4). The client id is the service account's, the secret that of one of its keys, in an Authorization header (Basic) or in the body. Errors are those of RFC 6749, 5.2, with the members of a problem document beside them.",
  auth: 'anyone',
  errors: 'oauth',
  rateLimit: { name: 'logins', by: 'address' },
  headers: z.object({ authorization: z.string().max(2_048).optional() }),
  form: true,
  body: z.object({
    grant_type: z
      .string()
      .max(128)
      .meta({ examples: ['client_credentials'] }),
    scope: z
      .string()
      .max(1_024)
      .regex(SCOPE, { error: 'expected scopes with one blank between' })
      .optional()
      .meta({ description: 'Fewer scopes than the account has.', examples: ['customers:read'] }),
    client_id: z
      .string()
      .max(256)
      .optional()
      .meta({ examples: ['9d3b6f0a-52c1-5e8d-b7a4-1f2e3d4c5b6a'] }),
    client_secret: z
      .string()
      .max(256)
      .optional()
      .meta({ examples: ['lss_mSxBvJ2m8cKtq0yM5nWbPzR7dQe4uVfXhGjLkA9sT1o'] }),
  }),
  answers: {
    200: {
      description: 'The token.',
      body: z
        .strictObject({
          access_token: z.string(),
          token_type: z.literal('Bearer'),
          expires_in: z.int().meta({ description: 'Seconds.' }),
          scope: z.string().meta({ examples: ['customers:read subscriptions:write'] }),
        })
        .meta({ id: 'Token' }),
    },
  },
  problems: [
    'invalid_client',
    'invalid_scope',
    'unsupported_grant_type',
    'event_store_unavailable',
    'signing_unavailable',
    'busy',
    'schema_too_new',
    'data_unreadable',
  ],
}).handle(async (context, { body, headers, address }) => {
  const given = clientCredentials({
    authorization: headers.authorization,
    clientId: body.client_id,
    secret: body.client_secret,
  });
  if (given === 'both')
    throw new Problem('invalid_request', { detail: 'The credentials were given in two ways: use one.' });
  if (given === 'none')
    throw new Problem('invalid_client', { detail: 'The client credentials are missing.' });
  if (body.grant_type !== 'client_credentials') throw new Problem('unsupported_grant_type');
  const client = await authenticated(context, given, address);
  const { account, key, now } = client;
  const scopes = scopesFor(client, body.scope);
  const left = key.expiresAt === null ? ACCESS_TOKEN_SECONDS : Math.ceil((key.expiresAt - now) / 1_000);
  const { token: accessToken, expiresIn } = await context.tokens.signAccessToken({
    subject: account.staffId,
    role: 'staff',
    revision: account.revision,
    service: { keyId: key.keyId, scopes },
    lifetimeSeconds: Math.min(ACCESS_TOKEN_SECONDS, left),
  });
  context.outcomes.inc({ command: 'issueToken', outcome: 'unchanged' });
  return {
    status: 200,
    headers: { Pragma: 'no-cache' },
    body: { access_token: accessToken, token_type: 'Bearer', expires_in: expiresIn, scope: scopes.join(' ') },
  };
});

export const tokenRoutes: readonly Route<CommandContext>[] = [token];
