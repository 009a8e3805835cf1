import { randomBytes } from 'node:crypto';
import { userStream } from '../../shared/events/streams.ts';
import { normaliseEmail } from '../../shared/identity/email.ts';
import { uuidv7 } from '../../shared/ids.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import type { AccountCommand } from '../domain/account-commands.ts';
import { decide } from '../domain/user.ts';
import { initialState } from '../domain/user-state.ts';
import { contextFor, type Job } from '../execute/loop/decide-command.ts';
import type { ExecuteCommand } from '../execute/loop/execute-command.ts';
import { type Outcome, refused, type SignUpRequest } from '../execute/requests.ts';
import { ANONYMOUS, stampCommand } from '../execute/stamps.ts';
import type { Reservations } from '../reservations/reservations.ts';
import { askingForEmail } from './asking-for-email.ts';
import { credentialsOf, passwordFits } from './credentials.ts';
import type { Emails } from './email/emails.ts';
import { UNKNOWN_REQUESTER } from './hashing-queue.ts';
import { refuseGuessable } from './password-rules.ts';

interface Parts {
  readonly dependencies: ExecutorDependencies;
  readonly reservations: Reservations;
  readonly emails: Emails;
  readonly executeCommand: ExecuteCommand;
}

/**
 * Signs up: the email is reserved for a user id first, then that user's stream begins. Whoever finds a reservation
 * without a user completes it, for the user id that it names: so a sign-up cut off in between blocks nobody,
 * and of two at once one makes the user and the other finds the email taken.
 */
export function createSignUp({ dependencies, reservations, emails, executeCommand }: Parts) {
  const { vault, codec, passwords, guesses, clock } = dependencies;

  const attempt = async (request: SignUpRequest): Promise<Outcome> => {
    const { password, verify, requester = UNKNOWN_REQUESTER } = request;
    const email = normaliseEmail(request.email);
    if (email === undefined) throw new Error('a sign-up came with what is no email address');
    const emailDigest = await vault.emailDigest(email);
    const guessable = refuseGuessable(password, email, 'password');
    if (guessable) return guessable;
    // Before anything is looked up: whoever finds the email taken, for whatever reason, has waited as long as for a sign-up.
    // And before anything is written: a node that is too busy to hash leaves no reservation behind.
    const passwordHash = await passwords.hash(password, requester);
    const command: AccountCommand = { type: 'SignUp', email, emailDigest, passwordHash, verify };
    if (await emails.isTakenInFormerForm(request.email)) return refused({ code: 'email_taken' });
    const stamp = await stampCommand(vault, request, ANONYMOUS, `email:${emailDigest}`);
    // An event that can't be written leaves no reservation behind.
    const checkWritable = (userId: string) => {
      const nobody = initialState(userId);
      const decision = decide(nobody, command, contextFor(nobody, { stamp }, dependencies));
      if (decision.kind !== 'events') return;
      for (const event of decision.events) codec.check(event, userStream(userId));
    };
    // A reservation without a user is completed, for the user that it names.
    const holder = await reservations.settle('email', emailDigest, stamp, async (current) => {
      if ((await emails.judge(emailDigest, current)).status !== 'free') return undefined;
      const userId = uuidv7(clock(), randomBytes(10));
      checkWritable(userId);
      return { userId };
    });
    if (!holder) throw new Error('an email that nobody holds was left unreserved');
    const { userId } = holder;

    let tokenRevision = 0;
    const job: Job = {
      userId,
      stamp,
      async decide(state, context) {
        if (state.account.status !== 'none') return refused({ code: 'email_taken' });
        return decide(state, command, context);
      },
      async repeat(state, earlier) {
        const { revision, account } = state;
        const unchanged = account.passwordRevision <= earlier.revision;
        if (await passwordFits(dependencies, credentialsOf(state), password, requester)) {
          tokenRevision = revision;
          return undefined;
        }
        // Another password is another request; but if the user has changed it since, that can't be known.
        return { code: unchanged ? 'idempotency_key_reused' : 'email_taken' };
      },
    };
    const outcome = await executeCommand(job);
    return outcome.kind === 'done' ? { ...outcome, tokenRevision } : outcome;
  };

  return (request: SignUpRequest): Promise<Outcome> =>
    askingForEmail(guesses, request.requester, () => attempt(request));
}
