import {
  type AccountCommand,
  addUser,
  changeEmail,
  changePassword,
  endSessions,
  eraseUser,
  issueEmailVerification,
  issuePasswordReset,
  logOut,
  resetPassword,
  signUp,
  verifyEmail,
} from './account-commands.ts';
import { type Context, type Decision, nothing, rejected } from './decision.ts';
import { issueLicenseKey, type LicenseKeyCommand, revokeLicenseKey } from './license-key.ts';
import type { ActivationCommand } from './licenses/commands.ts';
import { decideActivation } from './licenses/decide.ts';
import type { SubscriptionCommand } from './subscriptions/commands.ts';
import { decideSubscription } from './subscriptions/decide.ts';
import { startedBefore } from './subscriptions/start.ts';
import { suspendedOf } from './subscriptions/state.ts';
import type { UserState } from './user-state.ts';

export type Command = AccountCommand | SubscriptionCommand | ActivationCommand | LicenseKeyCommand;

/** What the rules say to a command. Pure: the same arguments always give the same decision. */
export function decide(state: UserState, command: Command, context: Context): Decision {
  if (command.type === 'SignUp') return signUp(state.account, command, context);
  if (command.type === 'AddUser') return addUser(state.account, command);
  if (state.account.status === 'none') return rejected({ code: 'not_found', what: 'user' });
  if (state.account.status === 'erased') return decideErased(state, command);
  switch (command.type) {
    case 'ChangePassword':
    case 'IssuePasswordReset':
    case 'ResetPassword':
    case 'ChangeEmail':
    case 'IssueEmailVerification':
    case 'VerifyEmail':
    case 'LogOut':
    case 'EndSessions':
    case 'EraseUser':
      return decideAccount(state, command, context);
    case 'StartSubscription':
    case 'RenewSubscription':
    case 'ChangePlan':
    case 'CancelSubscription':
    case 'WithdrawCancellation':
    case 'SuspendSubscription':
    case 'ReinstateSubscription':
    case 'TellOfEnd':
      return decideSubscription(state, command, context);
    case 'ActivateClient':
    case 'DeactivateClient':
    case 'DeactivateLicense':
    case 'RevokeLicense':
    case 'ReinstateLicense':
      return decideActivation(state, command, context);
    case 'IssueLicenseKey':
    case 'RevokeLicenseKey':
      return decideLicenseKey(state, command, context);
    default:
      return command satisfies never;
  }
}

function decideAccount(
  { account, subscriptions, revision }: UserState,
  command: Exclude<AccountCommand, { type: 'SignUp' | 'AddUser' }>,
  context: Context,
): Decision {
  switch (command.type) {
    case 'ChangePassword':
      return changePassword(account, command.passwordHash);
    case 'IssuePasswordReset':
      return issuePasswordReset(account, context);
    case 'ResetPassword':
      return resetPassword(account, command, context);
    case 'ChangeEmail':
      return changeEmail(account, command, { revision, suspended: suspendedOf(subscriptions) }, context);
    case 'IssueEmailVerification':
      return issueEmailVerification(account, context);
    case 'VerifyEmail':
      return verifyEmail(account, command, context);
    case 'LogOut':
      return logOut(account, command, context);
    case 'EndSessions':
      return endSessions(account);
    case 'EraseUser':
      return eraseUser(account, suspendedOf(subscriptions) !== undefined);
    default:
      return command satisfies never;
  }
}

/** What a log-out or an erasing asks for already holds for an erased user, and what staff start again was started before. */
function decideErased(state: UserState, command: Command): Decision {
  if (command.type === 'EraseUser' || command.type === 'LogOut') return nothing({ kind: 'user' });
  const earlier = command.type === 'StartSubscription' && startedBefore(state.subscriptions, command);
  return earlier || rejected({ code: 'not_found', what: 'user' });
}

function decideLicenseKey(state: UserState, command: LicenseKeyCommand, context: Context): Decision {
  const { userId, licenseKeys } = state;
  if (command.type === 'IssueLicenseKey') return issueLicenseKey(licenseKeys, command, userId, context);
  const before = licenseKeys.byId.get(command.keyId);
  if (!before) return rejected({ code: 'not_found', what: 'license key' });
  return revokeLicenseKey(before, command.reason, userId);
}
