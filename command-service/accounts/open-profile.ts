import type { ExecutorDependencies } from '../dependencies.ts';
import type { Profile } from '../domain/entities.ts';

/** What names a person in their profile. */
export interface OpenedProfile {
  readonly email: string | null;
  readonly name: string | null;
}

/** Opens what is sealed in a profile; all null once its user is erased. @throws DataKeyMissing, PersonalUnreadable, VaultUnavailable */
export function createOpenProfile({ codec, vault }: Pick<ExecutorDependencies, 'codec' | 'vault'>) {
  return async (userId: string, { sealedEmail, sealedName }: Profile): Promise<OpenedProfile> => {
    if (!sealedEmail && sealedName === undefined) return { email: null, name: null };
    const key = await vault.dataKey(userId);
    const email = sealedEmail && codec.unseal(sealedEmail.event, sealedEmail.sealed, key).email;
    const name = sealedName === undefined ? undefined : codec.unseal('UserAdded', sealedName, key).name;
    return { email: email ?? null, name: name ?? null };
  };
}
