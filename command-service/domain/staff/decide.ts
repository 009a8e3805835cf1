import type { StaffAccount } from '../../../shared/staff/account.ts';
import { accepted, type Context, instant, nothing, rejected } from '../decision.ts';
import { beyond, type StaffDecision } from './decision.ts';
import { decideMember, invite, type MemberCommand } from './member.ts';
import type { StaffState } from './state.ts';

export type StaffCommand =
  | { readonly type: 'AddServiceAccount'; readonly name: string; readonly scopes: readonly string[] }
  | MemberCommand
  | { readonly type: 'ChangeScopes'; readonly scopes: readonly string[] }
  | {
      readonly type: 'IssueKey';
      readonly keyId: string;
      readonly keyDigest: string;
      /** Milliseconds since 1970; without it the key lasts until it is revoked. */
      readonly expiresAt?: number | undefined;
    }
  | { readonly type: 'RevokeKey'; readonly keyId: string }
  | { readonly type: 'Remove' };

type CommandOf<T extends StaffCommand['type']> = Extract<StaffCommand, { type: T }>;

const unchanged = (account: StaffAccount) => nothing({ kind: 'staff', account });

/**
 * What the rules say to a command about a member of staff, a person or a service account. Pure.
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
  if (command.type === 'Invite') return invite(state, command, held, context);
  if (!account) return rejected({ code: 'not_found', what: 'member of staff' });
  if (command.type === 'Remove') {
    return account.status === 'removed'
      ? unchanged(account)
      : accepted({ type: 'StaffRemoved', data: { staffId } });
  }
  if (account.status === 'removed') return rejected({ code: 'not_found', what: 'member of staff' });
  switch (command.type) {
    case 'ChangeScopes':
      return changeScopes(account, command, held);
    case 'IssueKey':
      return issueKey(account, command, held, context);
    case 'RevokeKey':
      return revokeKey(account, command);
    default:
      return decideMember(state, account, command, held, context);
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
