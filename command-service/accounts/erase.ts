import type { ExecutorDependencies } from '../dependencies.ts';
import { decide } from '../domain/user.ts';
import { withTokenUntilErased } from '../execute/admission.ts';
import type { ExecuteCommand } from '../execute/execute-command.ts';
import type { EraseRequest, Outcome } from '../execute/requests.ts';
import { actorOf, type CommandStamp, stampCommand } from '../execute/stamps.ts';
import type { UserQueue } from '../execute/user-queue.ts';
import type { UserStates } from '../execute/user-states.ts';
import type { Emails } from './email.ts';

export interface EraseParts {
  readonly dependencies: ExecutorDependencies;
  readonly states: UserStates;
  readonly queue: UserQueue;
  readonly emails: Emails;
  readonly executeCommand: ExecuteCommand;
}

/**
 * What has to follow `UserErased`: the key's tombstone, then the email's release. In this order, because a crash in
 * between may leave an email reserved a little longer, but never personal data readable behind a free email.
 * @returns whether anything was left to do
 */
export async function finishErasure(
  parts: EraseParts,
  userId: string,
  stamp: CommandStamp,
): Promise<boolean> {
  const { dependencies, states, queue, emails } = parts;
  const tombstoned = await dependencies.vault.applyErasures([userId]);
  await dependencies.pause?.('erase.tombstoned', { userId, commandId: stamp.commandId });
  const digest = await queue.run(userId, async () => (await states.readToEnd(userId)).account.emailDigest);
  const released = await emails.release(digest, userId, stamp);
  return released || tombstoned > 0;
}

/** Erases a user: `UserErased`, tombstone, release. A repeat runs all three again. */
export function createErase(parts: EraseParts) {
  const { dependencies, executeCommand } = parts;
  return async (request: EraseRequest): Promise<Outcome> => {
    const { userId, caller, ifMatch } = request;
    const stamp = await stampCommand(dependencies.vault, request, actorOf(caller));
    const outcome = await executeCommand({
      userId,
      stamp,
      ifMatch,
      admit: withTokenUntilErased(caller, userId),
      decide: (state, context) => decide(state, { type: 'EraseUser' }, context),
    });
    if (outcome.kind === 'rejected') return outcome;
    await dependencies.pause?.('erase.appended', { userId, commandId: stamp.commandId });
    await finishErasure(parts, userId, stamp);
    return outcome;
  };
}
