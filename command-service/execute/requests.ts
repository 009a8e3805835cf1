import type { Position } from '../../shared/event-log/position.ts';
import type { Requester } from '../accounts/hashing-queue.ts';
import type { AccessTokenClaims } from '../domain/account.ts';
import type { Rejection, Subject } from '../domain/decision.ts';
import type { Command } from '../domain/user.ts';

/** Who asks, as a verified token says. */
export type Caller =
  | { readonly role: 'user'; readonly userId: string; readonly token: AccessTokenClaims }
  | { readonly role: 'client'; readonly userId: string; readonly licenseId: string }
  /** Whoever has one of the user's license keys. */
  | { readonly role: 'license_key'; readonly userId: string; readonly keyId: string }
  /** Of the seller: by a token of the command-line tool, or a service account. */
  | { readonly role: 'operator' | 'staff'; readonly id: string };

/** An `Idempotency-Key`, bare, and what it was sent with. */
export interface IdempotencyKey {
  readonly key: string;
  /** Method and path as requested, ids included: a key counts for one caller and one of these. */
  readonly route: string;
  /** The request's body; passwords in it are left out of its digest. */
  readonly body: unknown;
}

/** What names a request that a proxy may send again, to another node too, if it got no answer. */
export interface RetryKey {
  readonly key: string;
  /** As in {@link IdempotencyKey}. */
  readonly route: string;
}

interface Traced {
  /** At most 128 characters. */
  readonly correlationId: string;
  readonly retry?: RetryKey | undefined;
}

export interface OfUser extends Traced {
  /** Whose stream is written. */
  readonly userId: string;
  readonly caller: Caller;
  readonly idempotency?: IdempotencyKey | undefined;
  /** The revisions that `If-Match` names; absent for none and for `*`. */
  readonly ifMatch?: readonly number[] | undefined;
}

/** A command about a service account. */
export interface StaffRequest extends Omit<OfUser, 'userId'> {
  /** The scopes of whoever asks. */
  readonly held: ReadonlySet<string>;
}

export interface CommandRequest extends OfUser {
  /** What needs no password, no token, and nothing that is unique across users. */
  readonly command: Exclude<
    Command,
    {
      type:
        | 'SignUp'
        | 'AddUser'
        | 'ChangePassword'
        | 'ResetPassword'
        | 'ChangeEmail'
        | 'VerifyEmail'
        | 'EraseUser'
        | 'IssueLicenseKey';
    }
  >;
}

interface Hashed {
  /** For whom a password is hashed. */
  readonly requester?: Requester | undefined;
}

interface Confirmed extends Hashed {
  /** The customer's, who confirms with it; absent where staff ask. */
  readonly password?: string | undefined;
}

export interface EraseRequest extends OfUser, Confirmed {}

export interface EmailRequest extends OfUser, Confirmed {
  /** A plausible address, however it is written. */
  readonly email: string;
  /** A mail is to come by which the user verifies it. */
  readonly verify?: boolean | undefined;
}

/** What comes with a one-time token, from whoever has it. */
interface ByToken extends Traced {
  readonly token: string;
  readonly idempotency?: IdempotencyKey | undefined;
}

export interface ConfirmPasswordRequest extends ByToken, Hashed {
  readonly newPassword: string;
}

export type ConfirmEmailRequest = ByToken;

interface ByStaff extends Traced {
  readonly caller: Caller;
  readonly idempotency?: IdempotencyKey | undefined;
}

export interface AddUserRequest extends ByStaff {
  /** A plausible address, however it is written. */
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly externalId?: string | undefined;
}

export interface ReleaseEmailRequest extends ByStaff {
  readonly email: string;
}

export interface PasswordRequest extends OfUser, Hashed {
  readonly password: string;
  readonly newPassword: string;
}

export interface SignUpRequest extends Traced, Hashed {
  readonly email: string;
  readonly password: string;
  /** A mail is to come by which the email is verified. */
  readonly verify?: boolean | undefined;
  readonly idempotency?: IdempotencyKey | undefined;
}

export interface ForgottenPasswordRequest extends Traced {
  /** However it is written. */
  readonly email: string;
  readonly idempotency?: IdempotencyKey | undefined;
}

export interface LogInRequest extends Traced, Hashed {
  readonly email: string;
  readonly password: string;
}

/** A command that was executed, now or earlier, or found that the state it asks for already holds. */
export interface Done {
  readonly kind: 'done';
  readonly userId: string;
  /** The resource as the command left it; for a repeated command as it was left then. */
  readonly subject: Subject;
  /** As of when a status is to be computed, in milliseconds: a repeated answer has the one that it had first. */
  readonly at: number;
  /** The user's stream at the answer: for `ETag` and `Event-Position`. */
  readonly revision: number;
  readonly position: Position;
  /** Whether the command appended something, now or when it was first executed. */
  readonly changed: boolean;
  /** Whether it had been executed before, under the same idempotency key. */
  readonly repeated: boolean;
  /** The `rev` of an access token made for this answer: after sign-up and log-in only. */
  readonly tokenRevision?: number;
}

/** Why there is no `Done`: a rule of the domain, or one of these. */
export type Refusal =
  | Rejection
  | { readonly code: 'token_ended' }
  | { readonly code: 'invalid_credentials' }
  | { readonly code: 'wrong_password' }
  /** `If-Match` names another revision than `revision`, the one the user is at. */
  | { readonly code: 'precondition_failed'; readonly revision: number }
  | { readonly code: 'idempotency_key_reused' }
  /** Others changed the user all the time; nothing was done. */
  | { readonly code: 'conflict' };

export interface Refused {
  readonly kind: 'rejected';
  readonly rejection: Refusal;
}

export type Outcome = Done | Refused;

export const refused = (rejection: Refusal): Refused => ({ kind: 'rejected', rejection });
