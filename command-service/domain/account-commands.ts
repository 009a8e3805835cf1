import { DAY_MS } from '../../shared/calendar.ts';
import type { NewUserEvent } from '../../shared/events/types.ts';
import { type AccessTokenClaims, type Account, credentialsHold } from './account.ts';
import { accepted, type Context, type Decision, instant, nothing, rejected } from './decision.ts';
import type { Subscription } from './entities.ts';

/** An email in the form that is stored, and its digest. */
export interface KnownEmail {
  readonly email: string;
  readonly emailDigest: string;
}

export type AccountCommand =
  | (KnownEmail & {
      readonly type: 'SignUp';
      readonly passwordHash: string;
      /** With a token to verify the email by. */
      readonly verify?: boolean | undefined;
    })
  | ({ readonly [K in keyof KnownEmail]?: KnownEmail[K] | undefined } & {
      readonly type: 'AddUser';
      readonly name?: string | undefined;
      readonly externalId?: string | undefined;
    })
  | { readonly type: 'ChangePassword'; readonly passwordHash: string }
  | { readonly type: 'IssuePasswordReset' }
  | { readonly type: 'ResetPassword'; readonly resetId: string; readonly passwordHash: string }
  | (KnownEmail & {
      readonly type: 'ChangeEmail';
      /** With a token to verify the new one by. */
      readonly verify?: boolean | undefined;
    })
  | { readonly type: 'IssueEmailVerification' }
  /** By a token that was made at these revisions: of the email and of the password. */
  | {
      readonly type: 'VerifyEmail';
      readonly emailRevision: number;
      readonly passwordRevision: number;
      /** When the token expires, in milliseconds. */
      readonly expiresAt: number;
    }
  | (AccessTokenClaims & {
      readonly type: 'LogOut';
      /** When the token expires, in milliseconds. */
      readonly expiresAt: number;
    })
  | { readonly type: 'EndSessions' }
  | { readonly type: 'EraseUser' };

type CommandOf<T extends AccountCommand['type']> = Extract<AccountCommand, { type: T }>;

/** For how long a one-time token works: to set a password, to verify an email. */
export const ONE_TIME_TOKEN_MS = DAY_MS;

/**
 * Tokens of a kind that may be under way to a mailbox at a time: who asks for one need not be whose mailbox it is. Whoever has
 * five good ones needs no sixth; a new password ends those to set one by, so nobody is kept from theirs.
 */
const MAILED_AT_ONCE = 5;

/** Signing up is for a user without a history: whoever comes second finds the email taken. */
export function signUp(account: Account, command: CommandOf<'SignUp'>, context: Context): Decision {
  if (account.status !== 'none') return rejected({ code: 'email_taken' });
  const { email, emailDigest, passwordHash, verify } = command;
  const signedUp = {
    type: 'UserSignedUp',
    data: { userId: account.userId, emailDigest, personal: { email, passwordHash } },
  } as const;
  if (!verify) return accepted(signedUp);
  return accepted(signedUp, verification({ ...account, emailRevision: 0, passwordRevision: 0 }, context));
}

type Revisions = Pick<Account, 'userId' | 'emailRevision' | 'passwordRevision'>;

/** A token to verify the email by, which these revisions set. */
const verification = (
  { userId, emailRevision, passwordRevision }: Revisions,
  { now }: Context,
): NewUserEvent => ({
  type: 'EmailVerificationIssued',
  data: { userId, emailRevision, passwordRevision, expiresAt: instant(now + ONE_TIME_TOKEN_MS) },
});

/** Asked for by the user, whose email it is said to be. */
export function issueEmailVerification(account: Account, context: Context): Decision {
  if (account.emailDigest === '') return rejected({ code: 'email_required' });
  const underWay = account.verifications.filter((expiresAt) => expiresAt > context.now).length;
  if (account.profile.emailVerified || underWay >= MAILED_AT_ONCE)
    return nothing({ kind: 'profile', profile: account.profile });
  return accepted(verification(account, context));
}

/**
 * Staff make a user, who has no password yet. Asked again under an external id, or by the very command where nothing else tells
 * users apart, it is the same user, unchanged, whatever has become of them; else whoever comes second finds the email taken.
 */
export function addUser(account: Account, command: CommandOf<'AddUser'>): Decision {
  const { email, emailDigest, name, externalId } = command;
  if (account.status !== 'none') {
    if (isSameUser(account, command)) return nothing({ kind: 'profile', profile: account.profile });
    const isEmail = externalId === undefined || emailDigest === account.emailDigest;
    return rejected({ code: isEmail ? 'email_taken' : 'external_id_taken' });
  }
  return accepted({
    type: 'UserAdded',
    data: {
      userId: account.userId,
      ...(emailDigest !== undefined && { emailDigest }),
      ...(externalId !== undefined && { externalId }),
      personal: { ...(email !== undefined && { email }), ...(name !== undefined && { name }) },
    },
  });
}

/**
 * Whether the user was made with what is asked for. One whose making was cut off may have begun in another way since: by a
 * sign-up with the email, or under another external id. Of an erased user the external id is forgotten.
 */
function isSameUser(
  { status, profile }: Account,
  { emailDigest, externalId }: CommandOf<'AddUser'>,
): boolean {
  const isNamed = externalId !== undefined || emailDigest === undefined;
  return isNamed && (status === 'erased' || profile.externalId === externalId);
}

/** The old password has been verified by the caller, against this very state. */
export const changePassword = (account: Account, passwordHash: string): Decision =>
  accepted({ type: 'PasswordChanged', data: { userId: account.userId, personal: { passwordHash } } });

/**
 * A one-time token, for a user who has an email to log in with. Earlier ones go on until they expire. Staff hand it out
 * themselves; anyone else who asks has it mailed.
 */
export function issuePasswordReset(account: Account, context: Context): Decision {
  if (account.emailDigest === '') return rejected({ code: 'email_required' });
  const underWay = account.resets.values().filter((expiresAt) => expiresAt > context.now);
  if (context.by === 'user' && [...underWay].length >= MAILED_AT_ONCE) return nothing({ kind: 'user' });
  const expiresAt = instant(context.now + ONE_TIME_TOKEN_MS);
  return accepted({
    type: 'PasswordResetIssued',
    data: { userId: account.userId, resetId: context.newId(), expiresAt },
  });
}

/** Whether a token to set a password by is neither used, nor expired, nor overtaken by another change. */
export const resetHolds = (account: Account, resetId: string, now: number): boolean =>
  (account.resets.get(resetId) ?? 0) > now;

export function resetPassword(
  account: Account,
  { resetId, passwordHash }: CommandOf<'ResetPassword'>,
  { now }: Context,
): Decision {
  if (!resetHolds(account, resetId, now)) return rejected({ code: 'one_time_token_invalid' });
  return accepted({
    type: 'PasswordChanged',
    data: { userId: account.userId, resetId, personal: { passwordHash } },
  });
}

/**
 * At the user's `revision`. The email has been reserved for them, and a customer's password has been verified. A customer who is suspended
 * keeps theirs: with another one the email would no longer be blocked once they are erased.
 */
export function changeEmail(
  account: Account,
  { email, emailDigest, verify }: CommandOf<'ChangeEmail'>,
  { revision, suspended }: { readonly revision: number; readonly suspended: Subscription | undefined },
  context: Context,
): Decision {
  if (suspended && context.by === 'user')
    return rejected({ code: 'subscription_suspended', subscription: suspended });
  if (account.emailDigest === emailDigest) return nothing({ kind: 'profile', profile: account.profile });
  const changed = {
    type: 'EmailChanged',
    data: { userId: account.userId, emailDigest, personal: { email } },
  } as const;
  if (!verify) return accepted(changed);
  return accepted(changed, verification({ ...account, emailRevision: revision + 1 }, context));
}

/** A token works once, and for the email and the password that it was made for. */
export function verifyEmail(account: Account, command: CommandOf<'VerifyEmail'>, { now }: Context): Decision {
  const holds =
    command.expiresAt > now &&
    command.emailRevision === account.emailRevision &&
    command.passwordRevision === account.passwordRevision &&
    account.emailDigest !== '' &&
    !account.profile.emailVerified;
  if (!holds) return rejected({ code: 'one_time_token_invalid' });
  const { userId, emailDigest } = account;
  return accepted({ type: 'EmailVerified', data: { userId, emailDigest } });
}

/** A token that has ended, in whatever way, needs no log-out. */
export function logOut(account: Account, command: CommandOf<'LogOut'>, context: Context): Decision {
  const over = command.expiresAt <= context.now || !credentialsHold(account, command);
  if (over) return nothing({ kind: 'user' });
  const { tokenId, expiresAt } = command;
  return accepted({
    type: 'LoggedOut',
    data: { userId: account.userId, tokenId, expiresAt: instant(expiresAt) },
  });
}

export const endSessions = ({ userId }: Account): Decision =>
  accepted({ type: 'SessionsEnded', data: { userId } });

/** A suspended customer's email stays reserved: they could sign up again with it at once. */
export const eraseUser = ({ userId, emailDigest }: Account, isSuspended: boolean): Decision =>
  accepted({ type: 'UserErased', data: { userId, emailBlocked: isSuspended && emailDigest !== '' } });
