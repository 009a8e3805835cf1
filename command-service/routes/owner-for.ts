import { Problem } from '../../shared/http/problems/problem.ts';
import type { CommandContext } from '../context.ts';
import type { Caller } from '../execute/requests.ts';
import type { OwnedKind } from '../read-model/owners.ts';

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
