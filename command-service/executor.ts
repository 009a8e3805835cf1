import { type PasswordReset, passwordResetToken } from '../shared/tokens/one-time.ts';
import { createAddUser } from './accounts/add-user.ts';
import { createChangePassword } from './accounts/change-password.ts';
import { createConfirmEmail, createConfirmPassword } from './accounts/confirm.ts';
import { createChangeEmail } from './accounts/email/change-email.ts';
import { Emails } from './accounts/email/emails.ts';
import { createForgottenPassword } from './accounts/email/forgotten-password.ts';
import { createReleaseEmail } from './accounts/email/release-email.ts';
import { createErase } from './accounts/erasing/erase.ts';
import { createSweep } from './accounts/erasing/sweep-erasures.ts';
import { createLogIn } from './accounts/log-in.ts';
import { createOpenProfile, type OpenedProfile } from './accounts/open-profile.ts';
import { createSignUp } from './accounts/sign-up.ts';
import type { ExecutorDependencies } from './dependencies.ts';
import type { Profile } from './domain/entities.ts';
import { decide } from './domain/user.ts';
import { withAnyToken, withLiveToken } from './execute/admission.ts';
import { createAppend } from './execute/loop/append.ts';
import { createExecuteCommand } from './execute/loop/execute-command.ts';
import { createForesee } from './execute/loop/foresee.ts';
import { UserQueue } from './execute/loop/user-queue.ts';
import type {
  AddUserRequest,
  CommandRequest,
  ConfirmEmailRequest,
  ConfirmPasswordRequest,
  EmailRequest,
  EraseRequest,
  ForgottenPasswordRequest,
  LogInRequest,
  Outcome,
  PasswordRequest,
  ReleaseEmailRequest,
  SignUpRequest,
} from './execute/requests.ts';
import { actorOf, stampCommand } from './execute/stamps.ts';
import { UserStates } from './execute/states/user-states.ts';
import { createLicenseKeys, type LicenseKeys } from './license-keys/license-keys.ts';
import { Reservations } from './reservations/reservations.ts';
import type { Members } from './staff/people/members.ts';
import { createStartSubscription } from './subscriptions/start.ts';
import { createTellOfEnd, type ToldEnd } from './subscriptions/tell-of-end.ts';

/**
 * The write side. Refusals are values; faults are thrown: EventStoreUnavailable, OutcomeUnknown, UnknownEvent,
 * VaultUnavailable and the vault's other errors, PasswordHashingBusy, UserBusy.
 */
export interface Executor {
  /** Every command about one user that needs no password and is no erasing. */
  execute(request: CommandRequest): Promise<Outcome>;
  signUp(request: SignUpRequest): Promise<Outcome>;
  /** Writes nothing. An unknown email, an erased user and a wrong password look the same and take as long. */
  logIn(request: LogInRequest): Promise<Outcome>;
  changePassword(request: PasswordRequest): Promise<Outcome>;
  /** Staff's new user, without a password; under an external id the same one again. */
  addUser(request: AddUserRequest): Promise<Outcome>;
  changeEmail(request: EmailRequest): Promise<Outcome>;
  /** A token to set a password by, to be mailed to whoever has the email. Whether anybody has it can't be told from outside. */
  forgotPassword(request: ForgottenPasswordRequest): Promise<void>;
  confirmPassword(request: ConfirmPasswordRequest): Promise<Outcome>;
  confirmEmail(request: ConfirmEmailRequest): Promise<Outcome>;
  /** Frees an email that is blocked since its user was erased while suspended. */
  releaseEmail(request: ReleaseEmailRequest): Promise<void>;
  openProfile(userId: string, profile: Profile): Promise<OpenedProfile>;
  /** The one-time token that an issued password reset stands for: the same each time. */
  passwordResetToken(reset: PasswordReset): Promise<string>;
  /** May be repeated: each time the event, the key's tombstone and the email's release are seen to. */
  erase(request: EraseRequest): Promise<Outcome>;
  readonly licenseKeys: LicenseKeys;
  /** Appends that a subscription is ending, or has lapsed, if that is due and not told yet. */
  tellOfEnd(end: ToldEnd): Promise<Outcome>;
  /** Finishes erasures that a crash cut off. @returns how many it had to finish, until the signal aborted */
  sweepErasures(signal?: AbortSignal): Promise<number>;
  /** For metrics: the kept states, their approximate size, and how many users have commands under way. */
  load(): { readonly users: number; readonly bytes: number; readonly busyUsers: number };
}

/** The write side of one command node: of customers. */
export function createExecutor(
  dependencies: ExecutorDependencies,
  { finishRemoval }: Pick<Members, 'finishRemoval'>,
): Executor {
  const { log, codec, clock, vault, snapshots, readDeadlineMs, stateCacheBytes } = dependencies;
  const append = createAppend(dependencies);
  const states = new UserStates({
    log,
    reader: codec,
    maxBytes: stateCacheBytes,
    readDeadlineMs,
    snapshots,
  });
  const queue = new UserQueue();
  const reservations = new Reservations({ ...dependencies, append });
  const executeCommand = createExecuteCommand({ dependencies, states, queue, append });
  const foresee = createForesee({ dependencies, states, queue });
  const emails = new Emails({ vault, reservations, states, queue, clock });
  const parts = { dependencies, states, queue, reservations, emails, foresee, executeCommand };
  const startSubscription = createStartSubscription(parts);

  return {
    async execute(request) {
      const { userId, caller, command, ifMatch } = request;
      if (command.type === 'StartSubscription') return startSubscription({ ...request, command });
      const admit = command.type === 'LogOut' ? withAnyToken : withLiveToken;
      return executeCommand({
        userId,
        stamp: await stampCommand(vault, request, actorOf(caller)),
        ifMatch,
        admit: admit(caller, userId),
        decide: (state, context) => decide(state, command, context),
      });
    },
    signUp: createSignUp(parts),
    logIn: createLogIn(parts),
    changePassword: createChangePassword(parts),
    addUser: createAddUser(parts),
    changeEmail: createChangeEmail(parts),
    forgotPassword: createForgottenPassword(parts),
    confirmPassword: createConfirmPassword(parts),
    confirmEmail: createConfirmEmail(parts),
    releaseEmail: createReleaseEmail(parts),
    openProfile: createOpenProfile(dependencies),
    passwordResetToken: (reset) => passwordResetToken(vault, reset),
    erase: createErase(parts),
    licenseKeys: createLicenseKeys(parts),
    tellOfEnd: createTellOfEnd(parts),
    sweepErasures: createSweep({ ...parts, finishRemoval }),
    load: () => ({ users: states.size, bytes: states.bytes, busyUsers: queue.size }),
  };
}
