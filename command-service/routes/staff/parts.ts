import { z } from 'zod';
import { isStaffPrincipal, type Principal } from '../../../shared/http/routes/auth.ts';
import { ALL_SCOPES } from '../../../shared/tokens/scopes.ts';
import type { Done } from '../../execute/requests.ts';
import { commandParts } from '../command-headers.ts';
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
