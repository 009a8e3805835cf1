import { setTimeout as wait } from 'node:timers/promises';
import { userStream } from '../../../shared/events/streams.ts';
import type { ExecutorDependencies } from '../../dependencies.ts';
import { nothing } from '../../domain/decision.ts';
import { decide } from '../../domain/user.ts';
import type { ExecuteCommand } from '../../execute/loop/execute-command.ts';
import type { ForgottenPasswordRequest } from '../../execute/requests.ts';
import { ANONYMOUS, stampCommand } from '../../execute/stamps.ts';
import type { Emails } from './emails.ts';

interface Parts {
  readonly dependencies: ExecutorDependencies;
  readonly emails: Emails;
  readonly executeCommand: ExecuteCommand;
}

/**
 * An answer comes at a multiple of this after the request. An append takes some milliseconds, which an unknown email would not
 * cost; both are over long before it, so that they are answered at the same time.
 */
const BEAT_MS = 300;

/** Fails or returns as `work` does, and not before the next beat: how long the work took can't be told. */
async function onTheBeat(work: () => Promise<void>): Promise<void> {
  const started = performance.now();
  try {
    await work();
  } finally {
    await wait(BEAT_MS - ((performance.now() - started) % BEAT_MS));
  }
}

/**
 * Issues a token to set a password by to whoever has the email. It is mailed by whoever follows the log, and never part of
 * an answer.
 * @throws EventNotEnabled, before anybody is looked up; EventStoreUnavailable, OutcomeUnknown, VaultUnavailable
 */
export function createForgottenPassword({ dependencies, emails, executeCommand }: Parts) {
  const { vault, codec, clock } = dependencies;

  /** At a level that has no such event it is said to everybody, or it would be said of emails that somebody has. */
  const checkEnabled = () => {
    const someone = '00000000-0000-7000-8000-000000000000';
    const data = { userId: someone, resetId: someone, expiresAt: new Date(clock()).toISOString() };
    codec.check({ type: 'PasswordResetIssued', data }, userStream(someone));
  };

  const issue = async (request: ForgottenPasswordRequest): Promise<void> => {
    const holder = await emails.holderOf(request.email);
    if (!holder) return;
    const { userId, digest } = holder;
    await executeCommand({
      userId,
      stamp: await stampCommand(vault, request, ANONYMOUS, `forgotten:${digest}`),
      decide(state, context) {
        // An email that is only reserved for them, or that they have yet to release, is not theirs.
        const isTheirs = state.account.status === 'active' && state.account.emailDigest === digest;
        return isTheirs ? decide(state, { type: 'IssuePasswordReset' }, context) : nothing({ kind: 'user' });
      },
    });
  };

  return async (request: ForgottenPasswordRequest): Promise<void> => {
    checkEnabled();
    await onTheBeat(() => issue(request));
  };
}
