import { ERASED } from './personal.ts';
import type { Vault } from './vault.ts';

/** Stands in for the vault where no personal data is wanted: everybody looks erased, and no key is needed. */
export const WITHOUT_PERSONAL: Pick<Vault, 'dataKeys'> = {
  dataKeys: async (userIds) => new Map(userIds.map((userId) => [userId, ERASED])),
};
