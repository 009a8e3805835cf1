import { DataKeyMissing, VaultKeyUnreadable } from '../shared/vault/errors.ts';
import type { Vault } from '../shared/vault/vault.ts';
import { FeedStop } from './errors.ts';

/**
 * The data keys of these users, with one statement at most.
 * @throws FeedStop a data key is missing, or opens under another master key
 * @throws VaultUnavailable
 */
export async function readDataKeys(vault: Pick<Vault, 'dataKeys'>, userIds: readonly string[]) {
  try {
    return await vault.dataKeys(userIds);
  } catch (cause) {
    if (cause instanceof DataKeyMissing) {
      throw new FeedStop('data_key_missing', cause.message, 'restore the vault from its backup', { cause });
    }
    if (cause instanceof VaultKeyUnreadable) {
      const wayOut = 'set VAULT_MASTER_KEY to the key under which this vault was made';
      throw new FeedStop('vault_key_unreadable', cause.message, wayOut, { cause });
    }
    throw cause;
  }
}
