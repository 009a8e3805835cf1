import { normaliseEmail } from '../../../shared/identity/email.ts';
import type { ExecutorDependencies } from '../../dependencies.ts';
import { decide } from '../../domain/user.ts';
import { withLiveToken } from '../../execute/admission.ts';
import type { Job } from '../../execute/loop/decide-command.ts';
import type { ExecuteCommand } from '../../execute/loop/execute-command.ts';
import type { Foresee } from '../../execute/loop/foresee.ts';
import { type EmailRequest, type Outcome, refused } from '../../execute/requests.ts';
import { actorOf, stampCommand } from '../../execute/stamps.ts';
import type { Reservation, Reservations } from '../../reservations/reservations.ts';
import { askingForEmail } from '../asking-for-email.ts';
import { passwordCheck } from '../credentials.ts';
import { UNKNOWN_REQUESTER } from '../hashing-queue.ts';
import type { Emails } from './emails.ts';

interface Parts {
  readonly dependencies: ExecutorDependencies;
  readonly reservations: Reservations;
  readonly emails: Emails;
  readonly foresee: Foresee;
  readonly executeCommand: ExecuteCommand;
}

/**
 * Gives a user another email: it is reserved for them, `EmailChanged` is appended, the old one is released. A customer's
 * password is verified against the state that the change is appended to. A repeat makes a change that a crash left undone. What
 * a crash left reserved and nobody has lapses after an hour (see emails.ts).
 */
export function createChangeEmail({ dependencies, reservations, emails, foresee, executeCommand }: Parts) {
  const { vault, guesses } = dependencies;

  const change = async (request: EmailRequest): Promise<Outcome> => {
    const { userId, caller, ifMatch, password, verify, requester = UNKNOWN_REQUESTER } = request;
    const email = normaliseEmail(request.email);
    if (email === undefined) throw new Error('what came is no email address');
    const emailDigest = await vault.emailDigest(email);
    const stamp = await stampCommand(vault, request, actorOf(caller));
    const fits = password === undefined ? undefined : passwordCheck(dependencies, password, requester);
    /** The old email's reservation as it stood before the change. */
    let old: { readonly digest: string; readonly reservation: Reservation<'email'> } | undefined;
    const job: Job = {
      userId,
      stamp,
      ifMatch,
      admit: withLiveToken(caller, userId),
      async decide(state, context) {
        if (fits && !(await fits(state))) return refused({ code: 'wrong_password' });
        const decision = decide(state, { type: 'ChangeEmail', email, emailDigest, verify }, context);
        const digest = state.account.emailDigest;
        if (decision.kind === 'events' && digest !== '')
          old = { digest, reservation: await reservations.read('email', digest) };
        return decision;
      },
    };

    const foreseen = await foresee(job);
    if (foreseen.kind !== 'events') return foreseen;
    if (await emails.isTakenInFormerForm(request.email, userId)) return refused({ code: 'email_taken' });
    const holder = await reservations.settle('email', emailDigest, stamp, async (held) => {
      // Reserved for them already, it is reserved again: from now on, or it might lapse before the change.
      const isFree = held?.userId === userId || (await emails.judge(emailDigest, held)).status === 'free';
      return isFree ? { userId } : undefined;
    });
    if (holder?.userId !== userId) return refused({ code: 'email_taken' });
    const outcome = await executeCommand(job);
    // Also where its append had an unknown outcome and was found. An earlier command's change was answered above.
    const isChanged = outcome.kind === 'done' && outcome.changed;
    if (isChanged) await dependencies.pause?.('email.changed', { userId, commandId: stamp.commandId });
    if (isChanged && old?.reservation.holder?.userId === userId)
      await reservations.releaseUnchanged(old.digest, old.reservation, stamp);
    return outcome;
  };

  // Staff may know which emails are taken.
  return (request: EmailRequest): Promise<Outcome> =>
    request.caller.role === 'user'
      ? askingForEmail(guesses, request.requester, () => change(request))
      : change(request);
}
