import { userStream } from '../../../shared/events/streams.ts';
import type { ExecutorDependencies } from '../../dependencies.ts';
import { accepted, type Decision } from '../../domain/decision.ts';
import { decide } from '../../domain/user.ts';
import { withTokenUntilErased } from '../../execute/admission.ts';
import type { ExecuteCommand } from '../../execute/loop/execute-command.ts';
import { isEnabled } from '../../execute/loop/is-enabled.ts';
import type { UserQueue } from '../../execute/loop/user-queue.ts';
import { type EraseRequest, type Outcome, refused } from '../../execute/requests.ts';
import { actorOf, type CommandStamp, stampCommand } from '../../execute/stamps.ts';
import type { UserStates } from '../../execute/states/user-states.ts';
import type { Reservations } from '../../reservations/reservations.ts';
import { passwordCheck } from '../credentials.ts';
import { UNKNOWN_REQUESTER } from '../hashing-queue.ts';

export interface EraseParts {
  readonly dependencies: ExecutorDependencies;
  readonly states: UserStates;
  readonly queue: UserQueue;
  readonly reservations: Reservations;
  readonly executeCommand: ExecuteCommand;
}

/**
 * What has to follow `UserErased`: the key's tombstone, the snapshot's removal, the email's release (unless it is blocked), the intent's end. In
 * this order, because a crash in between may leave an email reserved a little longer, but never personal data readable
 * once the email is free.
 * @returns whether anything was left to do
 */
export async function finishErasure(
  parts: EraseParts,
  userId: string,
  stamp: CommandStamp,
): Promise<boolean> {
  const { dependencies, states, queue, reservations } = parts;
  const tombstoned = await dependencies.vault.applyErasures([userId]);
  await states.removeSaved(userId);
  await dependencies.pause?.('erase.tombstoned', { userId, commandId: stamp.commandId });
  const { emailDigest, emailBlocked } = await queue.run(userId, async () => ({
    ...(await states.readToEnd(userId)).account,
  }));
  const isHeld = emailDigest !== '' && !emailBlocked;
  const released = isHeld && (await reservations.release(emailDigest, userId, stamp));
  await dependencies.erasures.end(userId);
  return released || tombstoned > 0;
}

/**
 * Erases a user, a customer after their password was verified: the intent, `UserErased`, then tombstone and release. A repeat runs the last two again; what is cut off
 * is finished by the sweep, which goes by the intent.
 */
export function createErase(parts: EraseParts) {
  const { dependencies, executeCommand } = parts;

  /** Level 1 can't say that an email is blocked. A person's right to be erased does not wait for the next level. */
  function sayable(decision: Decision, userId: string): Decision {
    if (decision.kind !== 'events') return decision;
    const stream = userStream(userId);
    return decision.events.every((event) => isEnabled(dependencies.codec, event, stream))
      ? decision
      : accepted({ type: 'UserErased', data: { userId, emailBlocked: false } });
  }

  return async (request: EraseRequest): Promise<Outcome> => {
    const { userId, caller, ifMatch, password, requester = UNKNOWN_REQUESTER } = request;
    const fits = password === undefined ? undefined : passwordCheck(dependencies, password, requester);
    const stamp = await stampCommand(dependencies.vault, request, actorOf(caller));
    const outcome = await executeCommand({
      userId,
      stamp,
      ifMatch,
      admit: withTokenUntilErased(caller, userId),
      async decide(state, context) {
        // Once they are erased, there is no password left to ask for, and nothing left to guard.
        const isGuarded = fits && state.account.status === 'active';
        if (isGuarded && !(await fits(state))) return refused({ code: 'wrong_password' });
        const decision = sayable(decide(state, { type: 'EraseUser' }, context), userId);
        if (decision.kind === 'events') await dependencies.erasures.begin(userId);
        return decision;
      },
    });
    if (outcome.kind === 'rejected') return outcome;
    await dependencies.pause?.('erase.appended', { userId, commandId: stamp.commandId });
    await finishErasure(parts, userId, stamp);
    return outcome;
  };
}
