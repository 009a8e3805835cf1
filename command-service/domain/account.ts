import type { UserEvent } from '../../shared/events/types.ts';
import { accepted, type Context, type Decision, instant, nothing, rejected } from './decision.ts';

// ---- state ----

/** A user's identity and credentials. */
export interface Account {
  readonly userId: string;
  status: 'none' | 'active' | 'erased';
  emailDigest: string;
  /** The encrypted `personal` of the event that set the password last; it holds the password's hash. */
  credentials: string;
  /** The type of that event, by which it is opened. */
  credentialsEvent: 'UserSignedUp' | 'PasswordChanged';
  /** Revision of the event that set the password or ended all sessions. Access tokens issued before it have ended. */
  credentialsRevision: number;
  /** Logged-out tokens → when they expire anyway (ms). Those that have expired drop out at the next log-out. */
  readonly endedTokens: Map<string, number>;
}

export const noAccount = (userId: string): Account => ({
  userId,
  status: 'none',
  emailDigest: '',
  credentials: '',
  credentialsEvent: 'UserSignedUp',
  credentialsRevision: -1,
  endedTokens: new Map(),
});

/** What an access token says about itself: its id, and the user's revision when it was issued. */
export interface AccessTokenClaims {
  readonly tokenId: string;
  readonly rev: number;
}

/**
 * Whether an access token has neither been logged out nor been overtaken by a change of password. Revisions are
 * compared, not clocks: a token issued in the same millisecond as a change is on one side of it for certain.
 * Whether the user is erased is not asked here.
 */
export const credentialsHold = (account: Account, token: AccessTokenClaims): boolean =>
  account.credentialsRevision <= token.rev && !account.endedTokens.has(token.tokenId);

// ---- fold ----

export type AccountEvent = Extract<
  UserEvent,
  {
    type:
      | 'UserSignedUp'
      | 'UserAdded'
      | 'PasswordResetIssued'
      | 'PasswordChanged'
      | 'EmailVerified'
      | 'EmailChanged'
      | 'LoggedOut'
      | 'SessionsEnded'
      | 'UserErased';
  }
>;

/** Applies an event to the account in place. `at` is the event's time. */
export function foldAccount(account: Account, event: AccountEvent, revision: number, at: number): void {
  switch (event.type) {
    case 'UserSignedUp':
      account.status = 'active';
      account.emailDigest = event.data.emailDigest;
      account.credentials = event.data.personal;
      account.credentialsEvent = event.type;
      account.credentialsRevision = revision;
      return;
    case 'UserAdded':
      account.status = 'active';
      account.emailDigest = event.data.emailDigest ?? '';
      account.credentialsRevision = revision;
      return;
    case 'PasswordResetIssued':
    case 'EmailVerified':
      return;
    case 'EmailChanged':
      account.emailDigest = event.data.emailDigest;
      return;
    case 'SessionsEnded':
      account.credentialsRevision = revision;
      return;
    case 'PasswordChanged':
      account.credentials = event.data.personal;
      account.credentialsEvent = event.type;
      account.credentialsRevision = revision;
      return;
    case 'LoggedOut':
      for (const [tokenId, expiresAt] of account.endedTokens) {
        if (expiresAt <= at) account.endedTokens.delete(tokenId);
      }
      account.endedTokens.set(event.data.tokenId, Date.parse(event.data.expiresAt));
      return;
    case 'UserErased':
      account.status = 'erased';
      account.credentials = '';
      account.endedTokens.clear();
      return;
    default:
      event satisfies never;
  }
}

// ---- decisions ----

export type AccountCommand =
  | {
      readonly type: 'SignUp';
      readonly email: string;
      readonly emailDigest: string;
      readonly passwordHash: string;
    }
  | { readonly type: 'ChangePassword'; readonly passwordHash: string }
  | (AccessTokenClaims & {
      readonly type: 'LogOut';
      /** When the token expires, in milliseconds. */
      readonly expiresAt: number;
    })
  | { readonly type: 'EraseUser' };

/** Signing up is for a user without a history: whoever comes second finds the email taken. */
export function signUp(account: Account, command: Extract<AccountCommand, { type: 'SignUp' }>): Decision {
  if (account.status !== 'none') return rejected({ code: 'email_taken' });
  const { email, emailDigest, passwordHash } = command;
  return accepted({
    type: 'UserSignedUp',
    data: { userId: account.userId, emailDigest, personal: { email, passwordHash } },
  });
}

/** The old password has been verified by the caller, against this very state. */
export const changePassword = (account: Account, passwordHash: string): Decision =>
  accepted({ type: 'PasswordChanged', data: { userId: account.userId, personal: { passwordHash } } });

/** A token that has ended, in whatever way, needs no log-out. */
export function logOut(
  account: Account,
  command: Extract<AccountCommand, { type: 'LogOut' }>,
  context: Context,
): Decision {
  const over = command.expiresAt <= context.now || !credentialsHold(account, command);
  if (over) return nothing({ kind: 'user' });
  const { tokenId, expiresAt } = command;
  return accepted({
    type: 'LoggedOut',
    data: { userId: account.userId, tokenId, expiresAt: instant(expiresAt) },
  });
}

export const eraseUser = (account: Account): Decision =>
  accepted({ type: 'UserErased', data: { userId: account.userId, emailBlocked: false } });
