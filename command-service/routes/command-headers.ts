import { z } from 'zod';
import { addressKey } from '../../shared/http/limits/client-address.ts';
import type { Principal } from '../../shared/http/routes/auth.ts';
import type { Requester } from '../accounts/hashing-queue.ts';
import type { Caller, IdempotencyKey, RetryKey } from '../execute/requests.ts';

/** Visible ASCII without quotes, commas and backslashes: the same key whether it is quoted or bare. */
const KEY = /^(?:"([!#-+\--[\]-~]{1,128})"|([!#-+\--[\]-~]{1,128}))$/;
/** RFC 9110, 13.1.1: `*`, or entity tags. Weak ones never match. */
const IF_MATCH = /^(?:\*|(?:W\/)?"[!#-~]*"(?:\s*,\s*(?:W\/)?"[!#-~]*"){0,15})$/;

export const idempotencyKey = z
  .string()
  .regex(KEY, { error: 'expected 1 to 128 visible ASCII characters, in quotes or bare' })
  .transform((value) => value.replaceAll('"', ''))
  .optional()
  .meta({
    description:
      'For 24 hours, a command that changed something is answered in the same way under the same key, and changes nothing again.',
  });

/** The revisions that `If-Match` names; 'any' for `*`. */
const ifMatch = z
  .string()
  .max(1_024)
  .regex(IF_MATCH, { error: 'expected * or entity tags such as "7"' })
  .transform((value) => (value === '*' ? ('any' as const) : revisionsOf(value)))
  .optional()
  .meta({
    description:
      'The `ETag` of an earlier answer: the command is refused (412) if the user has changed since.',
  });

const revisionsOf = (value: string): number[] =>
  value.split(',').flatMap((tag) => {
    const match = /^\s*"(\d{1,15})"\s*$/.exec(tag);
    return match ? [Number(match[1])] : [];
  });

/** The headers of every command about one user. */
export const commandHeaders = z.object({ 'idempotency-key': idempotencyKey, 'if-match': ifMatch });

interface Given {
  readonly headers: Partial<z.output<typeof commandHeaders>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly target: string;
  readonly requestId: string;
  readonly retryKey: string | undefined;
  readonly principal: Principal | undefined;
}

/** What was asked for besides the path: the body, and the query where the command takes one. */
const asked = ({ query = {}, body }: Given): unknown =>
  Object.keys(query).length > 0 ? { query, body } : body;

export const idempotencyOf = (request: Given): IdempotencyKey | undefined => {
  const key = request.headers['idempotency-key'];
  return key === undefined ? undefined : { key, route: request.target, body: asked(request) };
};

export const retryOf = ({ retryKey, target }: Pick<Given, 'retryKey' | 'target'>): RetryKey | undefined =>
  retryKey === undefined ? undefined : { key: retryKey, route: target };

/** For whom a password is hashed. */
export const requesterOf = ({ address, signal }: { address: string; signal: AbortSignal }): Requester => ({
  address: addressKey(address),
  signal,
});

/** What every command about one user says, whatever it asks for. */
export function commandParts(request: Given, caller = callerOf(request.principal)) {
  const revisions = request.headers['if-match'];
  return {
    caller,
    correlationId: request.requestId,
    idempotency: idempotencyOf(request),
    retry: retryOf(request),
    ifMatch: revisions === 'any' ? undefined : revisions,
  };
}

export function callerOf(principal: Principal | undefined): Caller {
  switch (principal?.role) {
    case 'user': {
      const { jti: tokenId, rev } = principal.token;
      return { role: 'user', userId: principal.userId, token: { tokenId, rev } };
    }
    case 'client':
      return { role: 'client', userId: principal.userId, licenseId: principal.id };
    case 'operator':
    case 'staff':
      return { role: principal.role, id: principal.id };
    default:
      throw new Error(`a route lets in a caller who gives no commands: ${principal?.role}`);
  }
}
