import { resolveProduct } from '../../shared/catalogue/catalogue.ts';
import { comparedClientId } from '../../shared/identity/opaque.ts';
import {
  type AccountCommand,
  addUser,
  changeEmail,
  changePassword,
  endSessions,
  eraseUser,
  issuePasswordReset,
  logOut,
  resetPassword,
  signUp,
  verifyEmail,
} from './account-commands.ts';
import { type Context, type Decision, invalid, isRejection, nothing, rejected } from './decision.ts';
import {
  admitLicenseKey,
  issueLicenseKey,
  type LicenseKeyCommand,
  revokeLicenseKey,
  useLicenseKey,
} from './license-key.ts';
import { activate, limitsOf } from './licenses/activate.ts';
import type { ActivateClient, ActivationCommand } from './licenses/commands.ts';
import { deactivateClient, deactivateLicense, reinstateLicense, revoke } from './licenses/end.ts';
import { licensesOf } from './licenses/state.ts';
import { changePlan, renew } from './subscriptions/change.ts';
import type { SubscriptionCommand } from './subscriptions/commands.ts';
import { start, startedBefore } from './subscriptions/start.ts';
import { suspendedOf } from './subscriptions/state.ts';
import { cancel, reinstate, suspend, withdrawCancellation } from './subscriptions/stop.ts';
import type { UserState } from './user-state.ts';

export type Command = AccountCommand | SubscriptionCommand | ActivationCommand | LicenseKeyCommand;

/** What the rules say to a command. Pure: the same arguments always give the same decision. */
export function decide(state: UserState, command: Command, context: Context): Decision {
  if (command.type === 'SignUp') return signUp(state.account, command);
  if (command.type === 'AddUser') return addUser(state.account, command);
  if (state.account.status === 'none') return rejected({ code: 'not_found', what: 'user' });
  if (state.account.status === 'erased') return decideErased(state, command);
  switch (command.type) {
    case 'ChangePassword':
    case 'IssuePasswordReset':
    case 'ResetPassword':
    case 'ChangeEmail':
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
  { account, subscriptions }: UserState,
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
      return changeEmail(account, command, suspendedOf(subscriptions), context);
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

/** Whatever a log-out or an erasing asks for holds of an erased user, and what staff started before was started. */
function decideErased(state: UserState, command: Command): Decision {
  if (command.type === 'EraseUser' || command.type === 'LogOut') return nothing({ kind: 'user' });
  const earlier = command.type === 'StartSubscription' && startedBefore(state.subscriptions, command);
  return earlier || rejected({ code: 'not_found', what: 'user' });
}

function decideSubscription(state: UserState, command: SubscriptionCommand, context: Context): Decision {
  const { userId, subscriptions } = state;
  const activeClients = (product: string) => licensesOf(state.licenses, product).active;
  if (command.type === 'StartSubscription')
    return start(subscriptions, command, { userId, activeClients }, context);
  const before = subscriptions.byId.get(command.subscriptionId);
  if (!before) return rejected({ code: 'not_found', what: 'subscription' });
  switch (command.type) {
    case 'RenewSubscription':
      return renew(before, command, userId, context);
    case 'ChangePlan':
      return changePlan(before, command, { userId, activeClients: activeClients(before.product) }, context);
    case 'CancelSubscription':
      return cancel(before, command, userId, context);
    case 'WithdrawCancellation':
      return withdrawCancellation(before, userId, context);
    case 'SuspendSubscription':
      return suspend(before, command, userId, context);
    case 'ReinstateSubscription':
      return reinstate(before, command, userId, context);
    default:
      return command satisfies never;
  }
}

/** The product is the one that is named, or a license key's. */
function decideActivate(state: UserState, command: ActivateClient, context: Context): Decision {
  const { userId, licenses, licenseKeys, subscriptions } = state;
  const { keyId } = command;
  const key = keyId === undefined ? undefined : admitLicenseKey(licenseKeys, keyId, context.now);
  if (key && isRejection(key)) return rejected(key);
  if (key && command.product !== undefined && command.product !== key.product)
    return rejected(invalid('product', `the license key is for "${key.product}"`));
  const { found, detail } = key
    ? { found: key, detail: '' }
    : resolveProduct(context.catalogue, command.product);
  if (!found) return rejected(invalid('product', detail));
  const { product } = found;
  const keyUses = key && useLicenseKey(licenseKeys, key, comparedClientId(command.clientId));
  const held = licensesOf(licenses, product);
  return activate(held, subscriptions.counting.get(product), command, { userId, keyUses }, context);
}

function decideActivation(state: UserState, command: ActivationCommand, context: Context): Decision {
  const { userId, licenses } = state;
  if (command.type === 'ActivateClient') return decideActivate(state, command, context);
  if (command.type === 'DeactivateClient') return deactivateClient(licenses, command, userId);
  const before = licenses.byId.get(command.licenseId);
  if (!before) return rejected({ code: 'not_found', what: 'license' });
  const held = licensesOf(licenses, before.product);
  switch (command.type) {
    case 'DeactivateLicense':
      return deactivateLicense(before, command.reason, userId);
    case 'RevokeLicense':
      return revoke(held, before, command.reason, userId);
    case 'ReinstateLicense': {
      const limit = limitsOf(state.subscriptions.counting.get(before.product)).clients;
      return reinstateLicense(held, before, limit, command.reason, userId);
    }
    default:
      return command satisfies never;
  }
}

function decideLicenseKey(state: UserState, command: LicenseKeyCommand, context: Context): Decision {
  const { userId, licenseKeys } = state;
  if (command.type === 'IssueLicenseKey') return issueLicenseKey(licenseKeys, command, userId, context);
  const before = licenseKeys.byId.get(command.keyId);
  if (!before) return rejected({ code: 'not_found', what: 'license key' });
  return revokeLicenseKey(before, command.reason, userId);
}
