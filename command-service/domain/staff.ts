import { START } from '../../shared/event-log/position.ts';
import type { Recorded, StaffEvent } from '../../shared/events/types.ts';
import { foldStaff, type StaffAccount } from '../../shared/staff/account.ts';
import {
  accepted,
  type Context,
  type Decision,
  instant,
  nothing,
  type Rejection,
  rejected,
} from './decision.ts';
import { moveOn, type StreamState, timeOf } from './stream-state.ts';

// ---- state ----

/** A service account: what it is, and its keys by the digest of their secrets. */
export interface StaffState extends StreamState {
  readonly staffId: string;
  account: StaffAccount | undefined;
  readonly keyOf: Map<string, string>;
}

export const initialStaff = (staffId: string): StaffState => ({
  staffId,
  account: undefined,
  keyOf: new Map(),
  recentCommands: new Map(),
  revision: -1,
  position: START,
  lastEventId: '',
  lastEventAt: 0,
});

/** Roughly the memory that a state takes, in bytes. */
export const staffBytes = ({ keyOf, recentCommands }: StaffState): number =>
  1_000 + keyOf.size * 400 + recentCommands.size * 600;

// ---- fold ----

/** The state after one more event; it takes ownership of `state`. */
export function evolveStaff(state: StaffState, recorded: Recorded<StaffEvent>): StaffState {
  const at = timeOf(state, recorded);
  const { event, revision } = recorded;
  state.account = foldStaff(state.account, event, revision, at) ?? state.account;
  if (event.type === 'StaffKeyIssued') state.keyOf.set(event.data.keyDigest, event.data.keyId);
  moveOn(state, recorded, state.account ? { kind: 'staff', account: state.account } : { kind: 'user' }, at);
  return state;
}

// ---- decisions ----

export type StaffCommand =
  | { readonly type: 'AddServiceAccount'; readonly name: string; readonly scopes: readonly string[] }
  | { readonly type: 'ChangeScopes'; readonly scopes: readonly string[] }
  | {
      readonly type: 'IssueKey';
      readonly keyId: string;
      readonly keyDigest: string;
      /** Milliseconds since 1970; without it the key lasts until it is revoked. */
      readonly expiresAt?: number | undefined;
    }
  | { readonly type: 'RevokeKey'; readonly keyId: string }
  | { readonly type: 'RemoveServiceAccount' };

type StaffDecision = Decision<StaffEvent>;
type CommandOf<T extends StaffCommand['type']> = Extract<StaffCommand, { type: T }>;

const unchanged = (account: StaffAccount) => nothing({ kind: 'staff', account });

/** Nobody gives a scope that they don't have: through an account of their own making they would have it. */
function beyond(held: ReadonlySet<string>, scopes: readonly string[]): Rejection | undefined {
  const lacking = scopes.filter((scope) => !held.has(scope));
  return lacking.length > 0 ? { code: 'insufficient_scope', scopes: lacking } : undefined;
}

/**
 * What the rules say to a command about a service account. Pure.
 * @param held the scopes of whoever asks
 */
export function decideStaff(
  state: StaffState,
  command: StaffCommand,
  held: ReadonlySet<string>,
  context: Pick<Context, 'now'>,
): StaffDecision {
  const { account, staffId } = state;
  if (command.type === 'AddServiceAccount') return add(state, command, held);
  if (!account) return rejected({ code: 'not_found', what: 'service account' });
  if (command.type === 'RemoveServiceAccount') {
    return account.status === 'removed'
      ? unchanged(account)
      : accepted({ type: 'StaffRemoved', data: { staffId } });
  }
  if (account.status === 'removed') return rejected({ code: 'not_found', what: 'service account' });
  switch (command.type) {
    case 'ChangeScopes':
      return changeScopes(account, command, held);
    case 'IssueKey':
      return issueKey(account, command, held, context);
    case 'RevokeKey':
      return revokeKey(account, command);
    default:
      return command satisfies never;
  }
}

/** Its id follows from the command: one that is there was added by this very command, long ago. */
function add(
  { staffId, account }: StaffState,
  { name, scopes }: CommandOf<'AddServiceAccount'>,
  held: ReadonlySet<string>,
): StaffDecision {
  const lacking = beyond(held, scopes);
  if (lacking) return rejected(lacking);
  if (account) return unchanged(account);
  return accepted({ type: 'StaffAdded', data: { staffId, name, kind: 'service', scopes: [...scopes] } });
}

/** Taking scopes away needs none of them. The same scopes, in whatever order, are no change. */
function changeScopes(
  { staffId, scopes: before, ...account }: StaffAccount,
  { scopes }: CommandOf<'ChangeScopes'>,
  held: ReadonlySet<string>,
): StaffDecision {
  const added = scopes.filter((scope) => !before.includes(scope));
  if (added.length === 0 && scopes.length === before.length)
    return unchanged({ staffId, scopes: before, ...account });
  const lacking = beyond(held, added);
  if (lacking) return rejected(lacking);
  return accepted({ type: 'StaffScopesChanged', data: { staffId, scopes: [...scopes] } });
}

/** Whoever gets a secret of the account can do what it can: so they must be able to already. */
function issueKey(
  account: StaffAccount,
  { keyId, keyDigest, expiresAt }: CommandOf<'IssueKey'>,
  held: ReadonlySet<string>,
  { now }: Pick<Context, 'now'>,
): StaffDecision {
  const lacking = beyond(held, account.scopes);
  if (lacking) return rejected(lacking);
  if (account.keys.some((key) => key.keyId === keyId)) return unchanged(account);
  if (expiresAt !== undefined && expiresAt <= now)
    return rejected({ code: 'invalid_field', field: 'expires_at', detail: 'expected a time ahead' });
  const until = expiresAt === undefined ? {} : { expiresAt: instant(expiresAt) };
  return accepted({ type: 'StaffKeyIssued', data: { staffId: account.staffId, keyId, keyDigest, ...until } });
}

function revokeKey(account: StaffAccount, { keyId }: CommandOf<'RevokeKey'>): StaffDecision {
  const key = account.keys.find((each) => each.keyId === keyId);
  if (!key) return rejected({ code: 'not_found', what: 'key' });
  if (key.revokedAt !== null) return unchanged(account);
  return accepted({ type: 'StaffKeyRevoked', data: { staffId: account.staffId, keyId } });
}
