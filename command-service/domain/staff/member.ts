import type { NewStaffEvent } from '../../../shared/events/types.ts';
import { STAFF_SESSION_MS, type StaffAccount } from '../../../shared/staff/account.ts';
import { ONE_TIME_TOKEN_MS } from '../account-commands.ts';
import { accepted, type Context, instant, nothing, rejected } from '../decision.ts';
import { beyond, type StaffDecision } from './decision.ts';
import type { LogIn } from './log-in.ts';
import type { StaffState } from './state.ts';

/** What a log-in has used up: the time step of a code, a recovery code, or nothing where an OpenID provider vouches. */
export type Proof =
  | { readonly step: number; readonly recoveryCode?: never }
  | { readonly recoveryCode: number; readonly step?: never }
  | { readonly step?: never; readonly recoveryCode?: never };

/** Commands about a person who is staff. What is secret was verified by whoever gives one, against this very state. */
export type MemberCommand =
  | {
      readonly type: 'Invite';
      readonly email: string;
      readonly name: string;
      readonly scopes: readonly string[];
      readonly welcomeId: string;
    }
  | { readonly type: 'Reset'; readonly welcomeId: string }
  | {
      readonly type: 'SetPassword';
      readonly passwordHash: string;
      /** By a welcome: the second factor that is shown with it. */
      readonly factorId?: string;
    }
  | { readonly type: 'ConfirmSecondFactor'; readonly step: number; readonly sessionId: string }
  | { readonly type: 'LogIn'; readonly sessionId: string; readonly proof: Proof }
  | { readonly type: 'LogOut'; readonly sessionId: string }
  | { readonly type: 'EndSessions' };

type CommandOf<T extends MemberCommand['type']> = Extract<MemberCommand, { type: T }>;
type Now = Pick<Context, 'now'>;

/** Whether password and second factor may still be set by it. */
export const welcomeHolds = ({ welcome }: LogIn, welcomeId: string, now: number): boolean =>
  welcome?.welcomeId === welcomeId && welcome.expiresAt > now;

/** The id follows from the email, and is free or this person's. */
export function invite(
  { staffId, account }: StaffState,
  { email, name, scopes, welcomeId }: CommandOf<'Invite'>,
  held: ReadonlySet<string>,
  { now }: Now,
): StaffDecision {
  const lacking = beyond(held, scopes);
  if (lacking) return rejected(lacking);
  if (account) return rejected({ code: 'staff_exists' });
  const expiresAt = instant(now + ONE_TIME_TOKEN_MS);
  return accepted({
    type: 'StaffInvited',
    data: { staffId, scopes: [...scopes], welcomeId, expiresAt, personal: { email, name } },
  });
}

/** Whoever gets the welcome can do what the member can: so they must be able to already. */
function reset(
  { staffId, scopes }: StaffAccount,
  { welcomeId }: CommandOf<'Reset'>,
  held: ReadonlySet<string>,
  { now }: Now,
): StaffDecision {
  const lacking = beyond(held, scopes);
  if (lacking) return rejected(lacking);
  return accepted({
    type: 'StaffReset',
    data: { staffId, welcomeId, expiresAt: instant(now + ONE_TIME_TOKEN_MS) },
  });
}

const beginSession = (staffId: string, sessionId: string, proof: Proof, { now }: Now) => ({
  type: 'StaffLoggedIn' as const,
  data: { staffId, sessionId, expiresAt: instant(now + STAFF_SESSION_MS), ...proof },
});

function confirmSecondFactor(
  { staffId, logIn: { shownFactorId: factorId } }: StaffState,
  { step, sessionId }: CommandOf<'ConfirmSecondFactor'>,
  now: Now,
): StaffDecision {
  if (factorId === undefined) return rejected({ code: 'one_time_token_invalid' });
  return accepted<NewStaffEvent>(
    { type: 'StaffSecondFactorSet', data: { staffId, factorId, step } },
    beginSession(staffId, sessionId, {}, now),
  );
}

/** @param account the state's, which is there and not removed */
export function decideMember(
  state: StaffState,
  account: StaffAccount,
  command: Exclude<MemberCommand, { type: 'Invite' }>,
  held: ReadonlySet<string>,
  context: Now,
): StaffDecision {
  const { staffId, sessions } = account;
  switch (command.type) {
    case 'Reset':
      return reset(account, command, held, context);
    case 'SetPassword': {
      const { passwordHash, factorId } = command;
      const shown = factorId === undefined ? {} : { factorId };
      return accepted({ type: 'StaffPasswordSet', data: { staffId, ...shown, personal: { passwordHash } } });
    }
    case 'ConfirmSecondFactor':
      return confirmSecondFactor(state, command, context);
    case 'LogIn':
      return accepted(beginSession(staffId, command.sessionId, command.proof, context));
    case 'LogOut': {
      const { sessionId } = command;
      const runs = sessions.some((session) => session.sessionId === sessionId);
      return runs
        ? accepted({ type: 'StaffLoggedOut', data: { staffId, sessionId } })
        : nothing({ kind: 'staff', account });
    }
    case 'EndSessions':
      return accepted({ type: 'StaffSessionsEnded', data: { staffId } });
    default:
      return command satisfies never;
  }
}
