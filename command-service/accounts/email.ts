import type { Vault } from '../../shared/vault/vault.ts';
import type { Reservations } from '../reservations/reservations.ts';

interface Parts {
  readonly vault: Pick<Vault, 'emailDigest' | 'formerEmailDigest'>;
  readonly reservations: Pick<Reservations, 'read'>;
}

/**
 * Who holds the email, also in the form that older releases compared.
 * @throws EventStoreUnavailable, UnknownEvent, VaultUnavailable
 */
export async function emailHolder(
  { vault, reservations }: Parts,
  email: string,
): Promise<string | undefined> {
  const { holder } = await reservations.read('email', await vault.emailDigest(email));
  const former = holder ? undefined : await vault.formerEmailDigest(email);
  return former === undefined ? holder?.userId : (await reservations.read('email', former)).holder?.userId;
}
