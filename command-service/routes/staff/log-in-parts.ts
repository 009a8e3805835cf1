import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { text } from '../../../shared/http/routes/fields.ts';
import { STAFF_SESSION_MS } from '../../../shared/staff/account.ts';
import type { CommandContext } from '../../context.ts';
import type { Done } from '../../execute/requests.ts';
import { requesterOf, retryOf } from '../command-headers.ts';
import { COMMAND_PROBLEMS } from '../outcome.ts';
import { accountOf } from './parts.ts';

/** What the ways into a session have in common. */

export const SET_COOKIE = {
  'Set-Cookie': 'The session: HttpOnly, SameSite=Strict; `__Host-staff` and Secure behind https.',
};

/** What anyone does who is about to log in. */
export const anyone = {
  method: 'post',
  tag: 'Staff log-in',
  auth: 'anyone',
  rateLimit: { name: 'logins', by: 'address' },
  headers: z.object({ host: z.string().max(512).optional() }),
} as const;

export const code = text(1, 16)
  .transform((typed) => typed.replaceAll(/\s/g, ''))
  .meta({ description: 'Six digits of the authenticator.', examples: ['492039'] });

interface Asked {
  readonly requestId: string;
  readonly retryKey: string | undefined;
  readonly target: string;
  readonly address: string;
  readonly signal: AbortSignal;
}

export const fromAnyone = (request: Asked) => ({
  correlationId: request.requestId,
  retry: retryOf(request),
  requester: requesterOf(request),
});

/** Of the steps that a code ends: a session begins, or it is refused. */
export const CODE_PROBLEMS = [
  'one_time_token_invalid',
  'wrong_code',
  'https_required',
  'signing_unavailable',
  ...COMMAND_PROBLEMS,
] as const;

/** Before a password or a code is looked at. @throws Problem https_required */
export function assertMayBegin(
  { cookie }: CommandContext,
  { host }: { readonly host?: string | undefined },
): void {
  if (cookie.mayBegin(host)) return;
  throw new Problem('https_required', {
    detail: 'Open the https address. If this is one, set PUBLIC_URL to it on every node.',
  });
}

/** The cookie of a session that has begun. @throws NoSigningKey */
export async function sessionHeaders({ tokens, cookie }: CommandContext, done: Done, sessionId: string) {
  const { staffId, scopes } = accountOf(done);
  const token = await tokens.signSession({
    ...{ staffId, sessionId, scopes },
    revision: done.revision,
    expiresAt: done.at + STAFF_SESSION_MS,
  });
  return { 'Set-Cookie': cookie.set(token, STAFF_SESSION_MS / 1_000) };
}
