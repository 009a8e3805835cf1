import type { AnyEvent } from '../../shared/events/types.ts';
import { credentialsHold } from '../domain/account.ts';
import { accessTokenHolds } from '../domain/user-state.ts';
import type { Job } from './loop/decide-command.ts';
import type { Caller, Refusal } from './requests.ts';

type Admit = NonNullable<Job['admit']>;

/** Commands that end the token they came with: their repeat comes with an ended one, and is answered. */
const ENDS_TOKENS: ReadonlySet<AnyEvent['type']> = new Set(['PasswordChanged', 'LoggedOut', 'UserErased']);

const TOKEN_ENDED: Refusal = { code: 'token_ended' };

/** Users write only about themselves; whoever else they name does not exist for them. */
const aboutAnother = (caller: Caller, userId: string): Refusal | undefined =>
  'userId' in caller && caller.userId !== userId ? { code: 'not_found', what: 'user' } : undefined;

/**
 * Refuses an ended access token. It is judged by the very state that the command is decided on, so no command slips
 * in between a log-out and its effect.
 */
export const withLiveToken =
  (caller: Caller, userId: string): Admit =>
  (state, earlier) => {
    const another = aboutAnother(caller, userId);
    if (another || caller.role !== 'user' || (earlier && ENDS_TOKENS.has(earlier.type))) return another;
    return accessTokenHolds(state, caller.token) ? undefined : TOKEN_ENDED;
  };

/** A log-out needs no live token: one that has ended is what it asks for. */
export const withAnyToken =
  (caller: Caller, userId: string): Admit =>
  () =>
    aboutAnother(caller, userId);

/** Erasing ends the token it came with; asked again, also without a key, it is not refused for that. */
export const withTokenUntilErased =
  (caller: Caller, userId: string): Admit =>
  (state) => {
    const another = aboutAnother(caller, userId);
    if (another || caller.role !== 'user') return another;
    const known = state.account.status !== 'none' && credentialsHold(state.account, caller.token);
    return known ? undefined : TOKEN_ENDED;
  };
