import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { Position } from '../../shared/events/position.ts';
import type { UserRow } from '../../shared/read-model/rows.ts';
import type { DecodedEvent } from '../decode.ts';
import { ProjectionFault } from '../errors.ts';

/** A row of `users`. Instants are milliseconds since 1970. Replaced, never changed. */
export interface User {
  readonly userId: string;
  readonly email: string | null;
  readonly status: UserRow['status'];
  readonly subscriptionId: string | null;
  readonly subscriptionStartDate: number | null;
  readonly credentialsRevision: number;
  /** Logged-out tokens → when they expire (ISO 8601). */
  readonly endedTokens: Readonly<Record<string, string>>;
  readonly revision: number;
  readonly position: Position;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/**
 * The user's row after an event of his; every event moves revision, position and time.
 * @param at the event's time
 * @throws ProjectionFault there is no such user
 */
export function projectUser(before: User | undefined, decoded: DecodedEvent, at: number): User {
  const { event, revision, position } = decoded.recorded;
  if (event.type === 'UserSignedUp') {
    return {
      userId: decoded.userId,
      email: decoded.personal.email,
      status: 'active',
      subscriptionId: null,
      subscriptionStartDate: null,
      credentialsRevision: revision,
      endedTokens: {},
      revision,
      position,
      createdAt: at,
      updatedAt: at,
    };
  }
  if (!before) throw new ProjectionFault('its user has no row');
  const moved = { ...before, revision, position, updatedAt: at };
  switch (event.type) {
    case 'PasswordChanged':
      return { ...moved, credentialsRevision: revision };
    case 'LoggedOut':
      return { ...moved, endedTokens: endToken(before.endedTokens, event.data, at) };
    case 'SubscriptionStarted':
      return {
        ...moved,
        subscriptionId: event.data.subscriptionId,
        subscriptionStartDate: Date.parse(event.data.startDate),
      };
    case 'UserErased':
      return { ...moved, email: null, status: 'erased', endedTokens: {} };
    case 'SubscriptionRenewed':
    case 'SubscriptionPlanChanged':
    case 'SubscriptionSuspended':
    case 'SubscriptionReinstated':
    case 'SubscriptionCancelled':
    case 'LicenseActivated':
    case 'LicenseDeactivated':
    case 'LicenseRevoked':
    case 'LicenseReinstated':
      return moved;
    default:
      return event satisfies never;
  }
}

/** The row of a user after an event that an operator let go: it counts as seen and changes nothing else. */
export function passOver(before: User | undefined, decoded: DecodedEvent, at: number): User {
  const { revision, position } = decoded.recorded;
  const base = before ?? projectUser(undefined, asSignUp(decoded), at);
  return { ...base, revision, position, updatedAt: at };
}

/** A user whose sign-up was let go still needs a row, or none of his later events could be applied. */
const asSignUp = (decoded: DecodedEvent): DecodedEvent => ({
  ...decoded,
  personal: { email: null, clientName: null },
  recorded: {
    ...decoded.recorded,
    event: { type: 'UserSignedUp', data: { userId: decoded.userId, emailDigest: '', personal: '' } },
  },
});

function endToken(
  ended: User['endedTokens'],
  token: { readonly tokenId: string; readonly expiresAt: string },
  at: number,
): User['endedTokens'] {
  const running = Object.entries(ended).filter(([, expiresAt]) => Date.parse(expiresAt) > at);
  return Object.fromEntries([...running, [token.tokenId, token.expiresAt]]);
}

const LOAD = `
SELECT user_id, email, status, subscription_id, subscription_start_date, credentials_revision, ended_token_ids,
  revision, position_commit, position_prepare, created_at, updated_at
FROM users WHERE user_id = ANY ($1::uuid[])`;

/** The rows of these users, of those that have one. */
export async function loadUsers(db: Queryable, userIds: readonly string[]): Promise<User[]> {
  const { rows } = await db.query<UserRow>({ name: 'users_load', text: LOAD, values: [userIds] });
  return rows.map((row) => ({
    userId: row.user_id,
    email: row.email,
    status: row.status,
    subscriptionId: row.subscription_id,
    subscriptionStartDate: row.subscription_start_date?.getTime() ?? null,
    credentialsRevision: Number(row.credentials_revision),
    endedTokens: row.ended_token_ids,
    revision: Number(row.revision),
    position: { commit: BigInt(row.position_commit), prepare: BigInt(row.position_prepare) },
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  }));
}

const SAVE = `
INSERT INTO users (user_id, email, status, subscription_id, subscription_start_date, credentials_revision,
  ended_token_ids, revision, position_commit, position_prepare, created_at, updated_at)
SELECT user_id, email, status, subscription_id, subscription_start_date, credentials_revision,
  ended_token_ids, revision, position_commit, position_prepare, created_at, updated_at
FROM json_to_recordset($1) AS row (user_id uuid, email text, status text, subscription_id uuid,
  subscription_start_date timestamptz, credentials_revision bigint, ended_token_ids jsonb, revision bigint,
  position_commit bigint, position_prepare bigint, created_at timestamptz, updated_at timestamptz)
ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, status = excluded.status,
  subscription_id = excluded.subscription_id, subscription_start_date = excluded.subscription_start_date,
  credentials_revision = excluded.credentials_revision, ended_token_ids = excluded.ended_token_ids,
  revision = excluded.revision, position_commit = excluded.position_commit,
  position_prepare = excluded.position_prepare, updated_at = excluded.updated_at`;

/** Writes the rows, in one statement. JSON was measured beside arrays: as fast in PostgreSQL, cheaper to make here. */
export async function saveUsers(db: Queryable, users: Iterable<User>): Promise<void> {
  const rows = Array.from(users, (user) => ({
    user_id: user.userId,
    email: user.email,
    status: user.status,
    subscription_id: user.subscriptionId,
    subscription_start_date:
      user.subscriptionStartDate === null ? null : new Date(user.subscriptionStartDate),
    credentials_revision: user.credentialsRevision,
    ended_token_ids: user.endedTokens,
    revision: user.revision,
    position_commit: String(user.position.commit),
    position_prepare: String(user.position.prepare),
    created_at: new Date(user.createdAt),
    updated_at: new Date(user.updatedAt),
  }));
  if (rows.length > 0) await db.query({ name: 'users_save', text: SAVE, values: [JSON.stringify(rows)] });
}
