import type { Position } from '../../event-log/position.ts';
import { FIRST_PRODUCT } from '../../events/schemas/level-2/steps.ts';
import type { UserRow } from '../rows.ts';
import type { FoldedEvent } from './event.ts';
import { ProjectionFault } from './fault.ts';

/** A subscription by both columns of its key: `start` is its start date. */
export interface Counting {
  readonly id: string;
  readonly start: number;
}

/** A row of `users`. Instants are milliseconds since 1970. Replaced, never changed. */
export interface User {
  readonly userId: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly name: string | null;
  readonly externalId: string | null;
  readonly status: UserRow['status'];
  /** By product, the subscription that counts for the user's licenses. */
  readonly counting: Readonly<Record<string, Counting>>;
  readonly credentialsRevision: number;
  /** Logged-out tokens → when they expire (ISO 8601). */
  readonly endedTokens: Readonly<Record<string, string>>;
  readonly revision: number;
  readonly position: Position;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/**
 * The user's row after one of their events; each moves revision, position and time.
 * @param at the event's time
 * @throws ProjectionFault there is no such user
 */
export function projectUser(before: User | undefined, decoded: FoldedEvent, at: number): User {
  const { event, revision, position } = decoded.recorded;
  if (event.type === 'UserSignedUp' || event.type === 'UserAdded') {
    return {
      userId: decoded.userId,
      email: decoded.personal.email,
      emailVerified: false,
      name: decoded.personal.name,
      externalId: (event.type === 'UserAdded' && event.data.externalId) || null,
      status: 'active',
      counting: {},
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
    case 'SessionsEnded':
      return { ...moved, credentialsRevision: revision };
    case 'EmailChanged':
      return { ...moved, email: decoded.personal.email, emailVerified: false };
    case 'EmailVerified':
      return { ...moved, emailVerified: true };
    case 'LoggedOut':
      return { ...moved, endedTokens: endToken(before.endedTokens, event.data, at) };
    case 'UserErased':
      return { ...moved, ...NOTHING_KNOWN, status: 'erased', endedTokens: {} };
    case 'SubscriptionStarted':
    case 'SubscriptionRenewed':
    case 'SubscriptionPlanChanged':
    case 'SubscriptionSuspended':
    case 'SubscriptionReinstated':
    case 'SubscriptionCancelled':
    case 'SubscriptionCancellationWithdrawn':
    case 'SubscriptionEnding':
    case 'SubscriptionLapsed':
    case 'PasswordResetIssued':
    case 'EmailVerificationIssued':
    case 'LicenseKeyIssued':
    case 'LicenseKeyRevoked':
    case 'LicenseActivated':
    case 'LicenseDeactivated':
    case 'LicenseRevoked':
    case 'LicenseReinstated':
      return moved;
    default:
      return event satisfies never;
  }
}

/** What remains of who an erased user was. */
const NOTHING_KNOWN = { email: null, emailVerified: false, name: null, externalId: null } as const;

/** The user once another subscription counts for its product. */
export const nowCounting = (user: User, product: string, { id, start }: Counting): User => ({
  ...user,
  counting: { ...user.counting, [product]: { id, start } },
});

/** The row as the table has it. */
export const userRow = (user: User): UserRow => ({
  ...countingColumns(user.counting),
  user_id: user.userId,
  email: user.email,
  email_verified: user.emailVerified,
  name: user.name,
  external_id: user.externalId,
  status: user.status,
  credentials_revision: String(user.credentialsRevision),
  ended_token_ids: user.endedTokens,
  revision: String(user.revision),
  position_commit: String(user.position.commit),
  position_prepare: String(user.position.prepare),
  created_at: new Date(user.createdAt),
  updated_at: new Date(user.updatedAt),
});

type CountingColumns = Pick<UserRow, 'subscription_id' | 'subscription_start_date' | 'counting'>;

function countingColumns({ [FIRST_PRODUCT]: first, ...others }: User['counting']): CountingColumns {
  const counting: UserRow['counting'] = {};
  for (const [product, { id, start }] of Object.entries(others))
    counting[product] = { id, start: new Date(start).toISOString() };
  return {
    subscription_id: first?.id ?? null,
    subscription_start_date: first ? new Date(first.start) : null,
    counting,
  };
}

/** What a user's row says of it. */
export function countingOf(row: CountingColumns): User['counting'] {
  const counting: Record<string, Counting> = {};
  if (row.subscription_id !== null && row.subscription_start_date !== null)
    counting[FIRST_PRODUCT] = { id: row.subscription_id, start: row.subscription_start_date.getTime() };
  for (const [product, { id, start }] of Object.entries(row.counting))
    counting[product] = { id, start: Date.parse(start) };
  return counting;
}

/** The row of a user after an event that an operator skipped: it counts as seen and changes nothing else. */
export function skipEvent(before: User | undefined, decoded: FoldedEvent, at: number): User {
  const { revision, position } = decoded.recorded;
  const base = before ?? projectUser(undefined, asSignUp(decoded), at);
  return { ...base, revision, position, updatedAt: at };
}

/** A user whose sign-up was skipped still needs a row, or none of their later events could be applied. */
const asSignUp = (decoded: FoldedEvent): FoldedEvent => ({
  ...decoded,
  personal: { email: null, name: null, clientName: null },
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
