import type { ExecutorDependencies } from '../../dependencies.ts';
import type { UserQueue } from '../../execute/loop/user-queue.ts';
import type { ReleaseEmailRequest } from '../../execute/requests.ts';
import { actorOf, stampCommand } from '../../execute/stamps.ts';
import type { UserStates } from '../../execute/states/user-states.ts';
import type { Reservations } from '../../reservations/reservations.ts';

interface Parts {
  readonly dependencies: ExecutorDependencies;
  readonly states: UserStates;
  readonly queue: UserQueue;
  readonly reservations: Reservations;
}

/**
 * Releases an email that stayed reserved because its holder was erased while suspended, in the form that older releases
 * compared, too. Of any other email it changes nothing, and says nothing.
 */
export function createReleaseEmail({ dependencies, states, queue, reservations }: Parts) {
  const { vault } = dependencies;
  return async (request: ReleaseEmailRequest): Promise<void> => {
    const { email, caller } = request;
    const stamp = await stampCommand(vault, request, actorOf(caller));
    for (const digest of [await vault.emailDigest(email), await vault.formerEmailDigest(email)]) {
      const { holder } = digest === undefined ? {} : await reservations.read('email', digest);
      if (digest === undefined || !holder) continue;
      const { userId } = holder;
      const isBlocked = await queue.run(userId, async () => {
        const { status, emailDigest, emailBlocked } = (await states.readToEnd(userId)).account;
        return status === 'erased' && emailBlocked && emailDigest === digest;
      });
      if (isBlocked) await reservations.release(digest, userId, stamp);
    }
  };
}
