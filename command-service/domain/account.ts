import type { AccountEvent } from './account-event.ts';
import type { Subject } from './decision.ts';
import type { Profile } from './entities.ts';

// ---- state ----

/** A user's identity and credentials. */
export interface Account {
  readonly userId: string;
  status: 'none' | 'active' | 'erased';
  /** Empty for a user without an email. An erased user's stays: by it the email is released. */
  emailDigest: string;
  /** Revision of the event that set the email last: with {@link passwordRevision} what a token to verify it is made for. */
  emailRevision: number;
  /** What is shown of the user. */
  profile: Profile;
  /** The encrypted `personal` of the event that set the password last; empty for a user who has none yet. */
  credentials: string;
  /** The type of that event, by which it is opened. */
  credentialsEvent: 'UserSignedUp' | 'PasswordChanged';
  /** Revision of the event that set the password last; -1 if none did. */
  passwordRevision: number;
  /** Revision of the event that set the password or ended all sessions. Access tokens issued before it have ended. */
  credentialsRevision: number;
  /** One-time tokens to set a password by, that are neither used nor overtaken → when they expire (ms). */
  readonly resets: Map<string, number>;
  /** When the tokens to verify the email by expire that were given out for it (ms), oldest first. */
  readonly verifications: number[];
  /** Logged-out tokens → when they expire anyway (ms). Those that have expired drop out at the next log-out. */
  readonly endedTokens: Map<string, number>;
  /** Erased while suspended: the email stays reserved until staff release it. */
  emailBlocked: boolean;
}

const NOBODY: Profile = { status: 'active', emailVerified: false, createdAt: 0, updatedAt: 0 };

export const noAccount = (userId: string): Account => ({
  userId,
  status: 'none',
  emailDigest: '',
  emailRevision: -1,
  profile: NOBODY,
  credentials: '',
  credentialsEvent: 'UserSignedUp',
  passwordRevision: -1,
  credentialsRevision: -1,
  resets: new Map(),
  verifications: [],
  endedTokens: new Map(),
  emailBlocked: false,
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

const USER: Subject = { kind: 'user' };

const profileOf = ({ profile }: Account): Subject => ({ kind: 'profile', profile });

/** Drops what has expired by `at`. */
function dropExpired(expiries: Map<string, number>, at: number): void {
  for (const [id, expiresAt] of expiries) if (expiresAt <= at) expiries.delete(id);
}

function setPassword(
  account: Account,
  event: Extract<AccountEvent, { type: 'UserSignedUp' | 'PasswordChanged' }>,
  revision: number,
): void {
  account.credentials = event.data.personal;
  account.credentialsEvent = event.type;
  account.passwordRevision = revision;
  account.credentialsRevision = revision;
  account.resets.clear();
}

/** The email that a user begins with. */
function begin(account: Account, emailDigest: string, revision: number, profile: Profile): void {
  account.status = 'active';
  account.emailDigest = emailDigest;
  account.emailRevision = revision;
  account.profile = profile;
}

/** Applies an event to the account in place, and tells what its command's answer is about. `at` is the event's time. */
export function foldAccount(account: Account, event: AccountEvent, revision: number, at: number): Subject {
  switch (event.type) {
    case 'UserSignedUp': {
      const { emailDigest, personal } = event.data;
      begin(account, emailDigest, revision, {
        status: 'active',
        sealedEmail: { event: event.type, sealed: personal },
        emailVerified: false,
        createdAt: at,
        updatedAt: at,
      });
      setPassword(account, event, revision);
      return USER;
    }
    case 'UserAdded': {
      const { emailDigest, externalId, personal } = event.data;
      begin(account, emailDigest ?? '', revision, {
        status: 'active',
        ...(emailDigest !== undefined && { sealedEmail: { event: event.type, sealed: personal } }),
        sealedName: personal,
        ...(externalId !== undefined && { externalId }),
        emailVerified: false,
        createdAt: at,
        updatedAt: at,
      });
      account.credentialsRevision = revision;
      return profileOf(account);
    }
    case 'PasswordResetIssued': {
      const { resetId } = event.data;
      const expiresAt = Date.parse(event.data.expiresAt);
      dropExpired(account.resets, at);
      account.resets.set(resetId, expiresAt);
      return { kind: 'reset', resetId, expiresAt };
    }
    case 'EmailVerificationIssued': {
      const running = account.verifications.filter((expiresAt) => expiresAt > at);
      account.verifications.splice(0, Infinity, ...running, Date.parse(event.data.expiresAt));
      return profileOf(account);
    }
    case 'EmailVerified':
      account.profile = { ...account.profile, emailVerified: true, updatedAt: at };
      return profileOf(account);
    case 'EmailChanged': {
      const { emailDigest, personal: sealed } = event.data;
      account.emailDigest = emailDigest;
      account.emailRevision = revision;
      account.resets.clear();
      account.verifications.length = 0;
      const sealedEmail = { event: event.type, sealed };
      account.profile = { ...account.profile, sealedEmail, emailVerified: false, updatedAt: at };
      return profileOf(account);
    }
    case 'SessionsEnded':
      account.credentialsRevision = revision;
      return USER;
    case 'PasswordChanged':
      setPassword(account, event, revision);
      return USER;
    case 'LoggedOut':
      dropExpired(account.endedTokens, at);
      account.endedTokens.set(event.data.tokenId, Date.parse(event.data.expiresAt));
      return USER;
    case 'UserErased': {
      const { createdAt } = account.profile;
      account.status = 'erased';
      account.profile = { status: 'erased', emailVerified: false, createdAt, updatedAt: at };
      account.credentials = '';
      account.resets.clear();
      account.verifications.length = 0;
      account.endedTokens.clear();
      account.emailBlocked = event.data.emailBlocked;
      return USER;
    }
    default:
      event satisfies never;
      return USER;
  }
}
