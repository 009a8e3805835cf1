import type { Codec } from '../../shared/events/codec.ts';
import type { Guesses } from '../../shared/http/limits/failure-limit.ts';
import { ERASED } from '../../shared/vault/personal.ts';
import type { Vault } from '../../shared/vault/vault.ts';
import type { UserState } from '../domain/user-state.ts';
import type { Requester } from './hashing-queue.ts';
import type { Passwords } from './passwords.ts';

interface Parts {
  readonly codec: Pick<Codec, 'unseal'>;
  readonly vault: Pick<Vault, 'dataKey'>;
  readonly passwords: Passwords;
  readonly guesses: Guesses;
}

/** A user's or a member of staff's sealed credentials, taken out of the state while nobody else worked on it. */
export interface SealedCredentials {
  readonly userId: string;
  readonly sealed: string;
  readonly event: 'UserSignedUp' | 'PasswordChanged' | 'StaffPasswordSet';
}

/** Undefined for a user who has none: never signed up, made by staff and without a password yet, or erased. */
export function credentialsOf(state: UserState): SealedCredentials | undefined {
  const { status, credentials, credentialsEvent } = state.account;
  if (status !== 'active' || credentials === '') return undefined;
  return { userId: state.userId, sealed: credentials, event: credentialsEvent };
}

/**
 * Whether the password belongs to these credentials. Takes about as long where there are none. One that doesn't counts as
 * a guess, by address and by account.
 * @param account what guesses are counted under, where there are no credentials
 * @throws Problem rate_limited: there were too many; PasswordHashingBusy, PersonalUnreadable, DataKeyMissing,
 *   VaultUnavailable
 */
export const passwordFits = (
  parts: Parts,
  credentials: SealedCredentials | undefined,
  password: string,
  requester: Requester,
  account = credentials?.userId,
): Promise<boolean> =>
  parts.guesses.attempt(
    { kind: 'password', address: requester.address, account },
    () => fits(parts, credentials, password, requester),
    (right) => !right,
  );

async function fits(
  { codec, vault, passwords }: Parts,
  credentials: SealedCredentials | undefined,
  password: string,
  requester: Requester,
): Promise<boolean> {
  if (!credentials) return passwords.verifyNobody(password, requester);
  const key = await vault.dataKey(credentials.userId);
  if (key === ERASED) return passwords.verifyNobody(password, requester);
  const { passwordHash } = codec.unseal(credentials.event, credentials.sealed, key);
  return passwordHash === undefined
    ? passwords.verifyNobody(password, requester)
    : passwords.verify(passwordHash, password, requester);
}

/**
 * Asks whether a password is the user's, each time for a later state: one and the same password is hashed once, however
 * often the command is decided again.
 */
export function passwordCheck(
  parts: Parts,
  password: string,
  requester: Requester,
): (state: UserState) => Promise<boolean> {
  const verified = new Map<number, boolean>();
  return async (state) => {
    const { passwordRevision } = state.account;
    const known = verified.get(passwordRevision);
    if (known !== undefined) return known;
    const answer = await passwordFits(parts, credentialsOf(state), password, requester);
    verified.set(passwordRevision, answer);
    return answer;
  };
}

/**
 * Whether a repeated command brings the same new password as the first time, as far as that can be known: if the password
 * was changed since, it can't.
 */
export async function bringsTheSamePassword(
  parts: Parts,
  state: UserState,
  setAt: number,
  password: string,
  requester: Requester,
): Promise<boolean> {
  if (state.account.passwordRevision !== setAt) return true;
  return passwordFits(parts, credentialsOf(state), password, requester);
}
