import { openEmailVerification, openPasswordReset } from '../../shared/tokens/one-time.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import { resetHolds } from '../domain/account-commands.ts';
import { decide } from '../domain/user.ts';
import type { ExecuteCommand } from '../execute/loop/execute-command.ts';
import {
  type ConfirmEmailRequest,
  type ConfirmPasswordRequest,
  type Outcome,
  refused,
} from '../execute/requests.ts';
import { ANONYMOUS, stampCommand } from '../execute/stamps.ts';
import { bringsTheSamePassword } from './credentials.ts';
import { UNKNOWN_REQUESTER } from './hashing-queue.ts';
import { createOpenProfile } from './open-profile.ts';
import { refuseGuessable } from './password-rules.ts';

interface Parts {
  readonly dependencies: ExecutorDependencies;
  readonly executeCommand: ExecuteCommand;
}

const INVALID = { code: 'one_time_token_invalid' } as const;

/** Sets a password by a one-time token. A token that does not hold costs no hashing. */
export function createConfirmPassword({ dependencies, executeCommand }: Parts) {
  const { vault, passwords } = dependencies;
  const openProfile = createOpenProfile(dependencies);
  return async (request: ConfirmPasswordRequest): Promise<Outcome> => {
    const { token, newPassword, requester = UNKNOWN_REQUESTER } = request;
    const reset = await openPasswordReset(vault, token);
    if (!reset) return refused(INVALID);
    const { userId, resetId } = reset;
    const stamp = await stampCommand(vault, request, ANONYMOUS, `reset:${resetId}`);
    let passwordHash: string | undefined;
    return executeCommand({
      userId,
      stamp,
      async decide(state, context) {
        if (!resetHolds(state.account, resetId, context.now)) return refused(INVALID);
        const { email } = await openProfile(userId, state.account.profile);
        const guessable = refuseGuessable(newPassword, email, 'new_password');
        if (guessable) return guessable;
        passwordHash ??= await passwords.hash(newPassword, requester);
        return decide(state, { type: 'ResetPassword', resetId, passwordHash }, context);
      },
      async repeat(state, { revision }) {
        const same = await bringsTheSamePassword(dependencies, state, revision, newPassword, requester);
        return same ? undefined : { code: 'idempotency_key_reused' };
      },
    });
  };
}

/** Verifies an email by a one-time token. */
export function createConfirmEmail({ dependencies, executeCommand }: Parts) {
  const { vault } = dependencies;
  return async (request: ConfirmEmailRequest): Promise<Outcome> => {
    const verification = await openEmailVerification(vault, request.token);
    if (!verification) return refused(INVALID);
    const { userId } = verification;
    return executeCommand({
      userId,
      stamp: await stampCommand(vault, request, ANONYMOUS, `verify:${userId}`),
      decide: (state, context) =>
        state.account.status === 'active'
          ? decide(state, { type: 'VerifyEmail', ...verification }, context)
          : refused(INVALID),
    });
  };
}
