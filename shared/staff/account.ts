import type { StaffEvent } from '../events/types.ts';

/** One of a service account's secrets, without the secret: the log has its digest, and nothing else has that. */
export interface StaffKey {
  readonly keyId: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** A member of staff as its stream leaves it. Replaced, never changed. Instants are milliseconds since 1970. */
export interface StaffAccount {
  readonly staffId: string;
  readonly kind: 'person' | 'service';
  readonly name: string;
  readonly status: 'active' | 'removed';
  readonly scopes: readonly string[];
  /** Revision of the event that gave it these scopes: access tokens from before it have ended. */
  readonly scopesRevision: number;
  /** In the order in which they were issued. */
  readonly keys: readonly StaffKey[];
  /** Of the last event. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What an access token of a service account says of itself. */
export interface StaffTokenFacts {
  /** The revision of the account when it was made. */
  readonly rev: number;
  /** The key whose secret it was made for. */
  readonly key: string;
}

/**
 * The account after one of its events. Both sides decide by it whether a token has ended, so it is one fold.
 * @param at the event's time
 * @returns undefined where an event comes before the account was added
 */
export function foldStaff(
  before: StaffAccount | undefined,
  event: StaffEvent,
  revision: number,
  at: number,
): StaffAccount | undefined {
  if (event.type === 'StaffAdded') {
    const { staffId, kind, name, scopes } = event.data;
    const times = { createdAt: at, updatedAt: at };
    return {
      staffId,
      kind,
      name,
      status: 'active',
      scopes,
      scopesRevision: revision,
      keys: [],
      revision,
      ...times,
    };
  }
  if (!before) return undefined;
  const moved = { ...before, revision, updatedAt: at };
  switch (event.type) {
    case 'StaffScopesChanged':
      return { ...moved, scopes: event.data.scopes, scopesRevision: revision };
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
    case 'StaffRemoved':
      return { ...moved, status: 'removed' };
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
