import type { StaffEvent } from '../events/types.ts';

/** One of a service account's secrets, without the secret: the log has its digest, and nothing else has that. */
export interface StaffKey {
  readonly keyId: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** A log-in of a person that was not ended. */
export interface StaffSession {
  readonly sessionId: string;
  readonly startedAt: number;
  readonly expiresAt: number;
}

/** What names a person: sealed in the log. */
export interface StaffPerson {
  readonly email: string | null;
  readonly name: string | null;
}

/** A member of staff as its stream leaves it. Replaced, never changed. Instants are milliseconds since 1970. */
export interface StaffAccount extends StaffPerson {
  readonly staffId: string;
  readonly kind: 'person' | 'service';
  readonly status: 'active' | 'removed';
  /** Whether a person has a password and a second factor; a service account needs neither. */
  readonly isReady: boolean;
  readonly scopes: readonly string[];
  /** Revision of the event that gave it these scopes: access tokens from before it have ended. */
  readonly scopesRevision: number;
  /** Of a service account, in the order in which they were issued. */
  readonly keys: readonly StaffKey[];
  /** Of a person, the oldest first. */
  readonly sessions: readonly StaffSession[];
  /** Of a person: the encrypted `personal` of `StaffInvited`. */
  readonly sealed?: string;
  /** Of the last event. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** As it is shown: a person is invited until password and second factor are set. */
export function staffStatus({ status, isReady }: StaffAccount): 'invited' | 'active' | 'removed' {
  if (status === 'removed') return 'removed';
  return isReady ? 'active' : 'invited';
}

/** How long a session lasts. */
export const STAFF_SESSION_MS = 12 * 3_600_000;

/** A person's sessions at the same time; the oldest one ends where there would be more. */
const MAX_SESSIONS = 20;

const NOBODY: StaffPerson = { email: null, name: null };

/** What an access token of a service account says of itself. */
export interface StaffTokenFacts {
  /** The revision of the account when it was made. */
  readonly rev: number;
  /** The key whose secret it was made for. */
  readonly key: string;
}

type Begins = Extract<StaffEvent, { type: 'StaffAdded' | 'StaffInvited' }>;

const begin = ({ type, data }: Begins, revision: number, at: number, person: StaffPerson): StaffAccount => ({
  staffId: data.staffId,
  ...(type === 'StaffAdded'
    ? { kind: 'service', name: data.name, email: null, isReady: true }
    : { kind: 'person', ...person, isReady: false, sealed: data.personal }),
  status: 'active',
  scopes: data.scopes,
  scopesRevision: revision,
  keys: [],
  sessions: [],
  revision,
  createdAt: at,
  updatedAt: at,
});

/**
 * The account after one of its events. Both sides decide by it whether a token or a session has ended, so it is one fold.
 * @param at the event's time
 * @param person what the event's personal data say; the write side leaves them sealed
 * @returns undefined where an event comes before the account was added
 */
export function foldStaff(
  before: StaffAccount | undefined,
  event: StaffEvent,
  revision: number,
  at: number,
  person: StaffPerson = NOBODY,
): StaffAccount | undefined {
  if (event.type === 'StaffAdded' || event.type === 'StaffInvited') return begin(event, revision, at, person);
  if (!before) return undefined;
  const moved = { ...before, revision, updatedAt: at };
  switch (event.type) {
    case 'StaffScopesChanged':
      return { ...moved, scopes: event.data.scopes, scopesRevision: revision, sessions: [] };
    case 'StaffKeyIssued': {
      const { keyId, expiresAt } = event.data;
      const until = expiresAt === undefined ? null : Date.parse(expiresAt);
      return {
        ...moved,
        keys: [...before.keys, { keyId, createdAt: at, expiresAt: until, revokedAt: null }],
      };
    }
    case 'StaffKeyRevoked': {
      const { keyId } = event.data;
      return {
        ...moved,
        keys: before.keys.map((key) => (key.keyId === keyId ? { ...key, revokedAt: at } : key)),
      };
    }
    case 'StaffLoggedIn': {
      const session = {
        sessionId: event.data.sessionId,
        startedAt: at,
        expiresAt: Date.parse(event.data.expiresAt),
      };
      const running = before.sessions.filter(({ expiresAt }) => expiresAt > at);
      return { ...moved, sessions: [...running, session].slice(-MAX_SESSIONS) };
    }
    case 'StaffLoggedOut': {
      const { sessionId } = event.data;
      return { ...moved, sessions: before.sessions.filter((session) => session.sessionId !== sessionId) };
    }
    case 'StaffPasswordSet':
    case 'StaffSessionsEnded':
      return { ...moved, sessions: [] };
    case 'StaffSecondFactorSet':
      return { ...moved, isReady: true, sessions: [] };
    case 'StaffReset':
      return { ...moved, isReady: false, sessions: [] };
    case 'StaffRemoved': {
      const { sealed: _sealed, ...others } = moved;
      const forgotten = before.kind === 'person' ? NOBODY : {};
      return { ...others, ...forgotten, status: 'removed', sessions: [] };
    }
    default:
      return event satisfies never;
  }
}

/** Expiry is decided when it is asked for: no event is needed for it. */
export const staffKeyStatusAt = (key: StaffKey, now: number): 'good' | 'expired' | 'revoked' => {
  if (key.revokedAt !== null) return 'revoked';
  return key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'good';
};

/**
 * Whether an access token still counts: the account is there, has the scopes that it had then, and the key was not revoked.
 * A key's expiry is in the token's own.
 */
export const staffTokenHolds = (account: StaffAccount, { rev, key }: StaffTokenFacts): boolean =>
  account.status === 'active' &&
  account.scopesRevision <= rev &&
  account.keys.some(({ keyId, revokedAt }) => keyId === key && revokedAt === null);

/** Whether a session was not ended. Its expiry is in its token. */
export const staffSessionHolds = ({ status, sessions }: StaffAccount, sessionId: string): boolean =>
  status === 'active' && sessions.some((session) => session.sessionId === sessionId);
