/** The vault's PostgreSQL can't serve now. */
export class VaultUnavailable extends Error {
  readonly code = 'vault_unavailable';
  constructor(options?: ErrorOptions) {
    super('the key vault is unavailable', options);
    this.name = 'VaultUnavailable';
  }
}

/**
 * A user has neither a data key nor a tombstone: the vault is not the one that the log was written with. A fault:
 * whoever meets it stops; nothing may be parked or blanked for it.
 */
export class DataKeyMissing extends Error {
  readonly code = 'data_key_missing';
  readonly userIds: readonly string[];
  constructor(userIds: readonly string[]) {
    super(`the vault has no data key for ${userIds.length} user(s), the first of them ${userIds[0]}`);
    this.name = 'DataKeyMissing';
    this.userIds = userIds;
  }
}

/**
 * Personal data was to be written for a user whose key is a tombstone. The user's stream ends in `UserErased` (or
 * is about to be found so): read it to its end and decide again.
 */
export class DataKeyErased extends Error {
  readonly code = 'data_key_erased';
  constructor(userId: string) {
    super(`the data key of user ${userId} was erased`);
    this.name = 'DataKeyErased';
  }
}

/** A key of the vault can't be unwrapped: another master key, or a damaged row. */
export class VaultKeyUnreadable extends Error {
  readonly code = 'vault_key_unreadable';
  constructor(name: string, options?: ErrorOptions) {
    super(`the vault's key ${name} can't be unwrapped: is this the master key it was made with?`, options);
    this.name = 'VaultKeyUnreadable';
  }
}

/** Sealed personal data that its user's key does not open: damaged, or sealed under another key. */
export class PersonalUnreadable extends Error {
  readonly code = 'personal_unreadable';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PersonalUnreadable';
  }
}
