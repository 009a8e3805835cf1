import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { isStaffPrincipal, type Principal } from '../../../shared/http/routes/auth.ts';
import { STAFF_SESSION_MS } from '../../../shared/staff/account.ts';
import { ALL_SCOPES } from '../../../shared/tokens/scopes.ts';
import type { CommandContext } from '../../context.ts';
import type { Done } from '../../execute/requests.ts';
import { commandParts, requesterOf, retryOf } from '../command-headers.ts';
import { ANSWER_HEADERS } from '../outcome.ts';

/** What the commands about service accounts and about people have in common. */

export const HEADERS = {
  'Event-Position': ANSWER_HEADERS['Event-Position'],
  ETag: 'The revision of what the answer is about, for `If-Match`.',
};

export const scopes = z
  .array(z.enum(ALL_SCOPES))
  .min(1, 'expected at least one scope')
  .max(ALL_SCOPES.length)
  .refine((values) => new Set(values).size === values.length, { error: 'a scope is named twice' })
  .meta({ uniqueItems: true, examples: [['customers:read', 'subscriptions:write']] });

const held = (principal: Principal | undefined): ReadonlySet<string> =>
  isStaffPrincipal(principal) ? principal.scopes : new Set();

export const staffRequest = (request: Parameters<typeof commandParts>[0]) => ({
  ...commandParts(request),
  held: held(request.principal),
});

/** @throws Error the command left another kind of resource, which only a fault here can do */
export function accountOf(done: Done) {
  if (done.subject.kind !== 'staff') throw new Error(`expected a member of staff, got ${done.subject.kind}`);
  return done.subject.account;
}

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
