import { normaliseEmail } from '../../../shared/identity/email.ts';
import { uuidv5 } from '../../../shared/ids.ts';
import { passwordFits } from '../../accounts/credentials.ts';
import { UNKNOWN_REQUESTER } from '../../accounts/hashing-queue.ts';
import { refuseGuessable } from '../../accounts/password-rules.ts';
import type { ExecutorDependencies } from '../../dependencies.ts';
import { decideStaff } from '../../domain/staff/decide.ts';
import { welcomeHolds } from '../../domain/staff/member.ts';
import { type Outcome, refused, type StaffRequest } from '../../execute/requests.ts';
import { actorOf, stampCommand } from '../../execute/stamps.ts';
import type { StaffStreams } from '../streams.ts';
import { createOpenMember } from './members.ts';
import { openWelcome, type Welcome } from './one-time-tokens.ts';
import { recoveryCodes, showFactor, stepOfCode } from './second-factor.ts';
import { type BegunSession, type FromAnyone, guessingCode, staffCredentials } from './signing-in.ts';

/** The namespaces of the ids that follow from a command; chosen once at random. */
const FACTORS = 'e4b7a2d0-93c6-4f18-a5d4-0b2c7e6f8d91';
const SESSIONS = '3f8c1d6e-7b52-4a90-8e1f-d4c5b6a79082';

const INVALID = refused({ code: 'one_time_token_invalid' });
const WRONG_CODE = refused({ code: 'wrong_code' });

interface ByWelcome extends FromAnyone {
  readonly token: string;
}

/** How people who are staff set their password and their second factor. Throws what {@link Executor} does. */
export interface Welcoming {
  /** Sets the password, and shows the second factor that is to be confirmed. Until it is, nobody logs in. */
  setPassword(request: ByWelcome & { readonly password: string }): Promise<{
    readonly outcome: Outcome;
    readonly factor: { readonly secret: string; readonly url: string };
  }>;
  /** Confirms the second factor by its first code, uses the token up and begins a session. */
  confirm(
    request: ByWelcome & { readonly code: string },
  ): Promise<BegunSession & { readonly recoveryCodes: readonly string[] }>;
  /** By a person who has logged in. Ends every session. */
  changePassword(
    request: StaffRequest & FromAnyone & { readonly password: string; readonly newPassword: string },
    staffId: string,
  ): Promise<Outcome>;
}

type Parts = Pick<ExecutorDependencies, 'vault' | 'codec' | 'passwords' | 'guesses'>;

export function createWelcoming(parts: Parts, streams: StaffStreams): Welcoming {
  const { vault, passwords, guesses } = parts;
  const openMember = createOpenMember(parts);
  const nobody: ReadonlySet<string> = new Set();

  const stampOf = (request: ByWelcome, { staffId, welcomeId }: Welcome) =>
    stampCommand(vault, request, { role: 'staff', id: staffId }, `welcome:${welcomeId}`);

  return {
    async setPassword(request) {
      const { password, requester = UNKNOWN_REQUESTER } = request;
      const none = { outcome: INVALID, factor: { secret: '', url: '' } };
      const welcome = await openWelcome(vault, request.token);
      if (!welcome) return none;
      const { staffId, welcomeId } = welcome;
      const stamp = await stampOf(request, welcome);
      const factorId = uuidv5(FACTORS, stamp.commandId);
      let passwordHash: string | undefined;
      let email = '';
      const outcome = await streams.execute({
        ...{ userId: staffId, stamp },
        async decide(state, context) {
          const { account, logIn } = state;
          if (!account || !welcomeHolds(logIn, welcomeId, context.now)) return INVALID;
          email = (await openMember(account)).email ?? '';
          const guessable = refuseGuessable(password, normaliseEmail(email) ?? null, 'password');
          if (guessable) return guessable;
          passwordHash ??= await passwords.hash(password, requester);
          return decideStaff(state, { type: 'SetPassword', passwordHash, factorId }, nobody, context);
        },
        async repeat({ account, logIn }) {
          email = account ? ((await openMember(account)).email ?? '') : '';
          // What was shown for a welcome that was used since is shown no more.
          return logIn.shownFactorId === factorId ? undefined : { code: 'one_time_token_invalid' };
        },
      });
      return outcome.kind === 'rejected'
        ? { ...none, outcome }
        : { outcome, factor: await showFactor(vault, factorId, email) };
    },
    async confirm(request) {
      const welcome = await openWelcome(vault, request.token);
      if (!welcome) return { outcome: INVALID, sessionId: '', recoveryCodes: [] };
      const { staffId, welcomeId } = welcome;
      const stamp = await stampOf(request, welcome);
      const sessionId = uuidv5(SESSIONS, stamp.commandId);
      let factorId: string | undefined;
      const outcome = await guessingCode(guesses, staffId, request.requester, () =>
        streams.execute({
          ...{ userId: staffId, stamp },
          async decide(state, context) {
            factorId = state.logIn.shownFactorId;
            if (!welcomeHolds(state.logIn, welcomeId, context.now) || factorId === undefined) return INVALID;
            const step = await stepOfCode(vault, factorId, request.code, context.now);
            if (step === undefined) return WRONG_CODE;
            return decideStaff(state, { type: 'ConfirmSecondFactor', step, sessionId }, nobody, context);
          },
          async repeat({ logIn }) {
            factorId = logIn.factorId;
            return undefined;
          },
        }),
      );
      const codes = factorId === undefined ? [] : await recoveryCodes(vault, factorId);
      return { outcome, sessionId, recoveryCodes: codes };
    },
    async changePassword(request, staffId) {
      const { caller, password, newPassword, requester = UNKNOWN_REQUESTER } = request;
      const stamp = await stampCommand(vault, request, actorOf(caller));
      let passwordHash: string | undefined;
      return streams.execute({
        ...{ userId: staffId, stamp, ifMatch: request.ifMatch },
        async decide(state, context) {
          const { account, logIn } = state;
          const credentials = staffCredentials(account, logIn);
          if (!account || !(await passwordFits(parts, credentials, password, requester, staffId)))
            return refused({ code: 'wrong_password' });
          const { email } = await openMember(account);
          const guessable = refuseGuessable(newPassword, normaliseEmail(email ?? '') ?? null, 'new_password');
          if (guessable) return guessable;
          passwordHash ??= await passwords.hash(newPassword, requester);
          return decideStaff(state, { type: 'SetPassword', passwordHash }, nobody, context);
        },
      });
    },
  };
}
