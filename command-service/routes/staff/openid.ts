import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { text } from '../../../shared/http/routes/fields.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { type Pending, type Provider, ProviderUnavailable } from '../../staff/openid/provider.ts';
import { COMMAND_PROBLEMS, settled } from '../outcome.ts';
import { assertMayBegin, fromAnyone, sessionHeaders } from './log-in-parts.ts';

const common = {
  method: 'get',
  tag: 'Staff log-in',
  auth: 'anyone',
  rateLimit: { name: 'logins', by: 'address' },
} as const;

const PENDING_SECONDS = 600;

/** @throws Problem not_found, https_required */
function providerOf(context: CommandContext, headers: { readonly host?: string | undefined }): Provider {
  if (!context.provider)
    throw new Problem('not_found', { detail: 'OpenID Connect is not configured: set OIDC_ISSUER' });
  assertMayBegin(context, headers);
  return context.provider;
}

/** @throws Problem identity_provider_unavailable */
const asProblem = (error: unknown): never => {
  if (error instanceof ProviderUnavailable)
    throw new Problem('identity_provider_unavailable', { cause: error });
  throw error;
};

const written = ({ state, nonce, codeVerifier }: Pending): string => `${state}.${nonce}.${codeVerifier}`;

function readPending(value: string | undefined): Pending | undefined {
  const [state, nonce, codeVerifier] = value?.split('.') ?? [];
  return state && nonce && codeVerifier ? { state, nonce, codeVerifier } : undefined;
}

const start = commandRoute({
  ...common,
  path: '/v1/staff/oidc/start',
  operationId: 'startStaffOpenId',
  summary: "Log in at the seller's OpenID provider: begin",
  description: 'Where OpenID Connect is configured. For a browser: it is sent to the provider.',
  headers: z.object({ host: z.string().max(512).optional() }),
  answers: {
    302: {
      description: 'To the provider.',
      headers: {
        Location: 'The provider, with state, nonce and code challenge (PKCE).',
        'Set-Cookie': 'What the browser has to bring back, for ten minutes.',
      },
    },
  },
  problems: ['not_found', 'https_required', 'identity_provider_unavailable'],
}).handle(async (context, { headers }) => {
  const { url, pending } = await providerOf(context, headers).begin().catch(asProblem);
  return {
    status: 302,
    headers: { Location: url, 'Set-Cookie': context.pendingCookie.set(written(pending), PENDING_SECONDS) },
  };
});

const parameter = text(1, 4_096).optional();

/** Where the page says what became of it. */
const back = (refusal?: string): string =>
  refusal === undefined ? '/console' : `/console#oidc-error=${refusal}`;

const callback = commandRoute({
  ...common,
  path: '/v1/staff/oidc/callback',
  operationId: 'finishStaffOpenId',
  summary: "Log in at the seller's OpenID provider: come back",
  description:
    'Begins a session for the member of staff who has the email that the provider vouches for; nobody becomes one by it. What was refused stands behind `#oidc-error=`.',
  headers: z.object({ host: z.string().max(512).optional(), cookie: z.string().max(16_384).optional() }),
  // Providers add parameters of their own.
  query: z.object({
    code: parameter,
    state: parameter,
    iss: parameter,
    error: parameter,
    error_description: parameter,
  }),
  answers: {
    302: {
      description: 'To the console.',
      headers: { Location: 'The console.', 'Set-Cookie': 'The session, where one begins.' },
    },
  },
  problems: [
    'not_found',
    'https_required',
    'identity_provider_unavailable',
    'signing_unavailable',
    ...COMMAND_PROBLEMS,
  ],
}).handle(async (context, request) => {
  const provider = providerOf(context, request.headers);
  const forget = context.pendingCookie.clear;
  const refused = (why: string) => ({
    status: 302 as const,
    headers: { Location: back(why), 'Set-Cookie': forget },
  });
  const pending = readPending(context.pendingCookie.read(request.headers.cookie));
  if (!pending) return refused('not_begun_here');
  const query = new URLSearchParams(
    Object.entries(request.query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const email = await provider.finish(query, pending).catch(asProblem);
  if (email === undefined) return refused('not_confirmed');
  const { outcome, sessionId } = await context.logInByEmail({ ...fromAnyone(request), email });
  if (outcome.kind === 'rejected' && outcome.rejection.code === 'not_found') return refused('not_staff');
  const done = settled(context, 'finishStaffOpenId', outcome);
  const { 'Set-Cookie': session } = await sessionHeaders(context, done, sessionId);
  return { status: 302, headers: { Location: back(), 'Set-Cookie': [session, forget] } };
});

export const staffOpenIdRoutes: readonly Route<CommandContext>[] = [start, callback];
