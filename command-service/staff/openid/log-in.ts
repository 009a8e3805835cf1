import { randomUUID } from 'node:crypto';
import type { ExecutorDependencies } from '../../dependencies.ts';
import { decideStaff } from '../../domain/staff/decide.ts';
import { type Outcome, refused } from '../../execute/requests.ts';
import { stampCommand } from '../../execute/stamps.ts';
import type { FindMember } from '../people/find.ts';
import type { BegunSession, FromAnyone } from '../people/signing-in.ts';
import type { StaffStreams } from '../streams.ts';

/** Begins a session for a member of staff whom the provider vouches for; it makes nobody one. */
export type LogInByEmail = (request: FromAnyone & { readonly email: string }) => Promise<BegunSession>;

const UNKNOWN = refused({ code: 'not_found', what: 'member of staff' });

export function createLogInByEmail(
  { vault }: Pick<ExecutorDependencies, 'vault'>,
  streams: StaffStreams,
  find: FindMember,
): LogInByEmail {
  return async (request) => {
    const { staffId } = await find(request.email);
    const sessionId = randomUUID();
    const stamp = await stampCommand(vault, request, { role: 'staff', id: staffId });
    const outcome: Outcome = await streams.execute({
      ...{ userId: staffId, stamp },
      decide: (state, context) =>
        state.account?.kind === 'person' && state.account.status === 'active'
          ? decideStaff(state, { type: 'LogIn', sessionId, proof: {} }, new Set(), context)
          : UNKNOWN,
    });
    return { outcome, sessionId };
  };
}
