import { randomUUID } from 'node:crypto';
import type { Guesses } from '../../../shared/http/limits/failure-limit.ts';
import type { StaffAccount } from '../../../shared/staff/account.ts';
import { passwordFits, type SealedCredentials } from '../../accounts/credentials.ts';
import { type Requester, UNKNOWN_REQUESTER } from '../../accounts/hashing-queue.ts';
import type { ExecutorDependencies } from '../../dependencies.ts';
import { decideStaff } from '../../domain/staff/decide.ts';
import { type LogIn, TICKET_MS } from '../../domain/staff/log-in.ts';
import type { Proof } from '../../domain/staff/member.ts';
import type { StaffState } from '../../domain/staff/state.ts';
import { type Outcome, type Refused, type RetryKey, refused } from '../../execute/requests.ts';
import { stampCommand } from '../../execute/stamps.ts';
import type { StaffStreams } from '../streams.ts';
import type { FindMember } from './find.ts';
import { openTicket, type Ticket, ticketToken } from './one-time-tokens.ts';
import { recoveryCodeNumber, stepOfCode } from './second-factor.ts';

/** What comes from whoever logs in. */
export interface FromAnyone {
  readonly correlationId: string;
  readonly retry?: RetryKey | undefined;
  readonly requester?: Requester | undefined;
}

/** A code of the authenticator, or one of the recovery codes: one of both. */
export interface Code {
  readonly code?: string | undefined;
  readonly recoveryCode?: string | undefined;
}

/** A session that began; the rest is in the outcome's account. */
export interface BegunSession {
  readonly outcome: Outcome;
  readonly sessionId: string;
}

export interface SigningIn {
  /**
   * The first step: a ticket for the second one, for {@link TICKET_MS}. Nothing is written. An unknown email, one who is not
   * ready or was removed, and a wrong password look the same and take as long: undefined.
   * @throws Problem rate_limited, and what the executor throws
   */
  password(
    request: FromAnyone & { readonly email: string; readonly password: string },
  ): Promise<string | undefined>;
  /** The second step: begins a session. A code works once, on whatever node; so does a ticket. */
  secondFactor(request: FromAnyone & { readonly ticket: string; readonly code: Code }): Promise<BegunSession>;
}

type Parts = Pick<ExecutorDependencies, 'vault' | 'codec' | 'passwords' | 'guesses' | 'clock'>;

const INVALID = refused({ code: 'one_time_token_invalid' });
const WRONG_CODE = refused({ code: 'wrong_code' });

export const isWrongCode = (outcome: Outcome): boolean =>
  outcome.kind === 'rejected' && outcome.rejection.code === 'wrong_code';

/** Undefined for whoever may not log in by a password: not there, removed, or without a second factor. */
export function staffCredentials(
  account: StaffAccount | undefined,
  { sealedPassword }: LogIn,
): SealedCredentials | undefined {
  if (account?.status !== 'active' || !account.isReady || sealedPassword === '') return undefined;
  return { userId: account.staffId, sealed: sealedPassword, event: 'StaffPasswordSet' };
}

const isLoggedIn = (outcome: Outcome): boolean => outcome.kind === 'done';

/**
 * Guesses at a second factor, by address and by member, wherever they come from. A ticket that has expired is neither a wrong
 * code nor a right one: else whoever knows the password would have any address of theirs taken for the member's.
 */
export const guessingCode = (
  guesses: Guesses,
  staffId: string,
  { address }: Requester = UNKNOWN_REQUESTER,
  attempt: () => Promise<Outcome>,
): Promise<Outcome> =>
  guesses.attempt({ kind: 'second_factor', address, account: staffId }, attempt, isWrongCode, isLoggedIn);

/** How people who are staff log in. */
export function createSigningIn(parts: Parts, streams: StaffStreams, find: FindMember): SigningIn {
  const { vault, guesses, clock } = parts;

  /** What the code uses up; undefined for one that is wrong or was used. */
  async function proofOf({ factorId, lastStep, usedRecoveryCodes }: LogIn, given: Code, now: number) {
    if (factorId === undefined) return undefined;
    if (given.recoveryCode !== undefined) {
      const recoveryCode = await recoveryCodeNumber(vault, factorId, given.recoveryCode);
      return recoveryCode === undefined || usedRecoveryCodes.includes(recoveryCode)
        ? undefined
        : { recoveryCode };
    }
    const step = await stepOfCode(vault, factorId, given.code ?? '', now);
    return step === undefined || step <= lastStep ? undefined : { step };
  }

  /** A ticket is for the password it was given for, and for one session. */
  const ticketHolds = ({ account, logIn }: StaffState, ticket: Ticket, now: number): boolean =>
    account?.status === 'active' &&
    account.isReady &&
    logIn.passwordRevision === ticket.passwordRevision &&
    ticket.expiresAt > now &&
    !logIn.lately.some(({ sessionId }) => sessionId === ticket.sessionId);

  async function decide(
    state: StaffState,
    ticket: Ticket,
    given: Code,
    now: number,
  ): Promise<ReturnType<typeof decideStaff> | Refused> {
    if (!ticketHolds(state, ticket, now)) return INVALID;
    const proof: Proof | undefined = await proofOf(state.logIn, given, now);
    if (!proof) return WRONG_CODE;
    const { sessionId } = ticket;
    return decideStaff(state, { type: 'LogIn', sessionId, proof }, new Set(), { now });
  }

  return {
    async password({ email, password, requester = UNKNOWN_REQUESTER }) {
      const now = clock(); // first, so that a node whose clock is wrong answers nothing
      const { staffId, emailDigest, state } = await find(email);
      const { account, logIn, lastEventAt } = state;
      const guessedAt = account ? staffId : emailDigest;
      const credentials = staffCredentials(account, logIn);
      if (!(await passwordFits(parts, credentials, password, requester, guessedAt))) return undefined;
      const expiresAt = Math.max(now, lastEventAt) + TICKET_MS;
      const { passwordRevision } = logIn;
      return ticketToken(vault, { staffId, sessionId: randomUUID(), passwordRevision, expiresAt });
    },
    async secondFactor(request) {
      const ticket = await openTicket(vault, request.ticket);
      if (!ticket) return { outcome: INVALID, sessionId: '' };
      const { staffId, sessionId } = ticket;
      const stamp = await stampCommand(vault, request, { role: 'staff', id: staffId });
      const outcome = await guessingCode(guesses, staffId, request.requester, () =>
        streams.execute({
          ...{ userId: staffId, stamp },
          decide: (state, { now }) => decide(state, ticket, request.code, now),
        }),
      );
      return { outcome, sessionId };
    },
  };
}
