import type { ExecutorDependencies } from '../dependencies.ts';
import { nothing } from '../domain/decision.ts';
import { decide } from '../domain/user.ts';
import { withLiveToken } from '../execute/admission.ts';
import type { ExecuteCommand } from '../execute/loop/execute-command.ts';
import { type Outcome, type PasswordRequest, refused } from '../execute/requests.ts';
import { actorOf, stampCommand } from '../execute/stamps.ts';
import { bringsTheSamePassword, passwordCheck } from './credentials.ts';
import { UNKNOWN_REQUESTER } from './hashing-queue.ts';
import { createOpenProfile } from './open-profile.ts';
import { refuseGuessable } from './password-rules.ts';

interface Parts {
  readonly dependencies: ExecutorDependencies;
  readonly executeCommand: ExecuteCommand;
}

/**
 * Sets a new password, after the old one was verified against the state that the change is appended to. The same
 * password again is no change. A repeat under the idempotency key must bring the same new password, as long as that
 * can be known.
 */
export function createChangePassword({ dependencies, executeCommand }: Parts) {
  const { vault, passwords } = dependencies;
  const openProfile = createOpenProfile(dependencies);

  return async (request: PasswordRequest): Promise<Outcome> => {
    const { userId, caller, ifMatch, password, newPassword, requester = UNKNOWN_REQUESTER } = request;
    const stamp = await stampCommand(vault, request, actorOf(caller));
    const fits = passwordCheck(dependencies, password, requester);
    let passwordHash: string | undefined;
    return executeCommand({
      userId,
      stamp,
      ifMatch,
      admit: withLiveToken(caller, userId),
      async decide(state, context) {
        if (!(await fits(state))) return refused({ code: 'wrong_password' });
        if (newPassword === password) return nothing({ kind: 'user' });
        const { email } = await openProfile(userId, state.account.profile);
        const guessable = refuseGuessable(newPassword, email, 'new_password');
        if (guessable) return guessable;
        passwordHash ??= await passwords.hash(newPassword, requester);
        return decide(state, { type: 'ChangePassword', passwordHash }, context);
      },
      async repeat(state, earlier) {
        const same = await bringsTheSamePassword(
          dependencies,
          state,
          earlier.revision,
          newPassword,
          requester,
        );
        return same ? undefined : { code: 'idempotency_key_reused' };
      },
    });
  };
}
