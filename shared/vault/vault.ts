import type { DerivedKind } from './digests.ts';
import type { DataKey, Erased } from './personal.ts';

/**
 * The key vault: the write side's one store beside the log. What can be erased can't be in a log, so personal
 * data is sealed there under a key that is kept here.
 *
 * Every method throws VaultUnavailable while PostgreSQL is unavailable, and VaultKeyUnreadable under another master key.
 */
export interface Vault {
  /**
   * The user's data key, made if there is none: called before the append of `UserSignedUp`. Inserted once, never
   * updated; the loser of a race gets the winner's.
   * @throws DataKeyErased the user has a tombstone
   */
  createDataKey(userId: string): Promise<DataKey>;

  /** @throws DataKeyMissing */
  dataKey(userId: string): Promise<DataKey | Erased>;

  /**
   * The keys of many users, with one statement at most.
   * @throws DataKeyMissing naming every user without a row
   */
  dataKeys(userIds: readonly string[]): Promise<ReadonlyMap<string, DataKey | Erased>>;

  /**
   * Replaces the users' keys by tombstones, which stay; also for users without a row (a restored vault may be older
   * than they are). Done again it changes nothing.
   * @returns how many were not tombstones before
   */
  applyErasures(userIds: readonly string[]): Promise<number>;

  /**
   * HMAC-SHA256 of the email in the form in which emails are compared (see shared/identity/email.ts), under a key made
   * once and never changed: 64 hexadecimal digits. It names the email's reservation stream.
   */
  emailDigest(email: string): Promise<string>;

  /** The same of the form that older releases compared; undefined where that is no other one. */
  formerEmailDigest(email: string): Promise<string | undefined>;

  /**
   * HMAC-SHA256 of another value that must be unique, with its kind in the text, under a key made once and never changed:
   * 64 hexadecimal digits. It names the value's reservation stream.
   */
  reservationDigest(kind: 'external' | 'key' | 'trial', ...parts: readonly string[]): Promise<string>;

  /**
   * HMAC-SHA256 of a command's body, whatever the order of its fields, without its passwords (the fields
   * `password` and `new_password`): 64 hexadecimal digits.
   */
  requestDigest(body: unknown): Promise<string>;

  /**
   * 32 secret bytes that follow from a kind and an id, such as a license key's: the same on every node and at every call,
   * so a repeated command shows the secret again, and nothing has to keep it. They can't be guessed from the id, nor from
   * the bytes of other ids. The id is a UUID in its usual form, in lower case, or
   * another text that has one form alone.
   */
  derive(kind: DerivedKind, id: string): Promise<Buffer>;

  /** Resolves if the vault answers and opens under this master key: for start and readiness. */
  check(): Promise<void>;
}
