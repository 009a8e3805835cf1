import type { StaffEvent } from '../../../shared/events/types.ts';

/** What a person of the staff logs in by. Replaced, never changed. Instants are milliseconds since 1970. */
export interface LogIn {
  /** The encrypted `personal` of the event that set the password last; empty for none. */
  readonly sealedPassword: string;
  /** Of that event; -1 for none. */
  readonly passwordRevision: number;
  /** By which password and second factor may be set. */
  readonly welcome?: { readonly welcomeId: string; readonly expiresAt: number };
  /** The second factor that a welcome has shown, and that is to be confirmed. */
  readonly shownFactorId?: string;
  readonly factorId?: string;
  /** The last time step (RFC 6238) of which a code was used: neither it nor an earlier one is good again. */
  readonly lastStep: number;
  readonly usedRecoveryCodes: readonly number[];
  /** Log-ins that can still be asked for again by the ticket that they began with. */
  readonly lately: readonly { readonly sessionId: string; readonly at: number }[];
}

/** From password to second factor. */
export const TICKET_MS = 5 * 60_000;

export const NO_LOG_IN: LogIn = {
  sealedPassword: '',
  passwordRevision: -1,
  lastStep: -1,
  usedRecoveryCodes: [],
  lately: [],
};

/** What a welcome begins again; codes that were used stay so, and so do tickets. */
const welcomed = (
  { lately }: LogIn,
  { welcomeId, expiresAt }: { readonly welcomeId: string; readonly expiresAt: string },
): LogIn => ({ ...NO_LOG_IN, lately, welcome: { welcomeId, expiresAt: Date.parse(expiresAt) } });

function loggedIn(
  before: LogIn,
  { sessionId, step, recoveryCode }: Extract<StaffEvent, { type: 'StaffLoggedIn' }>['data'],
  at: number,
): LogIn {
  const lately = before.lately.filter((each) => at - each.at < 2 * TICKET_MS);
  return {
    ...before,
    lastStep: Math.max(before.lastStep, step ?? -1),
    usedRecoveryCodes:
      recoveryCode === undefined ? before.usedRecoveryCodes : [...before.usedRecoveryCodes, recoveryCode],
    lately: [...lately, { sessionId, at }],
  };
}

/** After one more event of the member's. */
export function evolveLogIn(before: LogIn, { type, data }: StaffEvent, revision: number, at: number): LogIn {
  switch (type) {
    case 'StaffInvited':
    case 'StaffReset':
      return welcomed(before, data);
    case 'StaffPasswordSet': {
      const { shownFactorId: _overtaken, ...others } = before;
      const shown = data.factorId === undefined ? {} : { shownFactorId: data.factorId };
      return { ...others, ...shown, sealedPassword: data.personal, passwordRevision: revision };
    }
    case 'StaffSecondFactorSet': {
      const { welcome: _used, shownFactorId: _confirmed, ...others } = before;
      return { ...others, factorId: data.factorId, lastStep: data.step, usedRecoveryCodes: [] };
    }
    case 'StaffLoggedIn':
      return loggedIn(before, data, at);
    case 'StaffRemoved':
      return NO_LOG_IN;
    case 'StaffAdded':
    case 'StaffScopesChanged':
    case 'StaffKeyIssued':
    case 'StaffKeyRevoked':
    case 'StaffLoggedOut':
    case 'StaffSessionsEnded':
      return before;
  }
}
