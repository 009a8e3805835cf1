import { invalidFields, Problem } from '../../shared/http/problems/problem.ts';
import type { ProblemCode } from '../../shared/http/problems/problem-codes.ts';
import type { CommandContext } from '../context.ts';
import type { Caller } from '../execute/requests.ts';
import type { OwnedKind } from '../read-model/owners.ts';

/** Problems of a command about what an id names: see {@link ownerFor}. */
export const OWNER_PROBLEMS = [
  'not_found',
  'database_unavailable',
  'read_model_behind',
  'read_model_parked',
] as const satisfies readonly ProblemCode[];

/**
 * In whose state a subscription, license or license key is looked for. A user's own is found in the user's own state, with no
 * question to the read model; what is not there is somebody else's or nobody's, which is the same 404.
 * @throws Problem not_found, and what {@link OwnerIndex} throws
 */
export async function ownerFor(
  { owners }: Pick<CommandContext, 'owners'>,
  kind: OwnedKind,
  id: string,
  caller: Caller,
  signal: AbortSignal,
): Promise<string> {
  if ('userId' in caller) return caller.userId;
  const owner = await owners.ownerOf(kind, id, signal);
  if (owner === undefined) throw new Problem('not_found', { detail: `no such ${kind}` });
  return owner;
}

/** For whom something is made: users for themselves, staff for whom they name. @throws Problem invalid_request */
export function userFor(caller: Caller, named: string | undefined): string {
  if (!('userId' in caller)) {
    if (named === undefined) throw invalidFields({ pointer: '/user_id', detail: 'required of staff' });
    return named;
  }
  if (named !== undefined) throw invalidFields({ pointer: '/user_id', detail: 'only staff name a user' });
  return caller.userId;
}
