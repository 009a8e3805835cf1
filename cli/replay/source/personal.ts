import type { EventReader } from '../../../shared/events/codec.ts';
import { PERSONAL_TYPES } from '../../../shared/events/schemas/catalogue.ts';
import { PersonalUnreadable } from '../../../shared/vault/errors.ts';
import type { Vault } from '../../../shared/vault/vault.ts';
import type { OpenedPersonal } from '../formats/row.ts';
import type { DecodedEvent } from './selection.ts';

/** Whose sealed text an event has, if it has one. */
function sealedOf({ event }: DecodedEvent): { readonly id: string; readonly text: string } | undefined {
  const { data } = event;
  if (!('personal' in data)) return undefined;
  return { id: 'userId' in data ? data.userId : data.staffId, text: data.personal };
}

/**
 * Opens the personal data of a batch of events, with one statement for the keys it has not seen lately. Empty for erased
 * users; undefined for events that have none, and for those whose personal data is damaged: they are named to
 * `onDamaged`, and the others go on. Password hashes are left out: they are of use to nobody who may not also
 * log in as that user.
 * @throws DataKeyMissing, VaultUnavailable, VaultKeyUnreadable
 */
export async function openPersonalOf(
  batch: readonly DecodedEvent[],
  vault: Pick<Vault, 'dataKeys'>,
  reader: EventReader,
  onDamaged: (index: number) => void,
): Promise<OpenedPersonal[]> {
  const sealed = batch.map(sealedOf);
  const ids = new Set(sealed.flatMap((part) => (part ? [part.id] : [])));
  const keys = await vault.dataKeys([...ids]);
  return sealed.map((part, i) => {
    const key = part && keys.get(part.id);
    if (part === undefined || key === undefined) return undefined;
    try {
      const opened = reader.unseal(PERSONAL_TYPES, part.text, key) as Record<string, unknown>;
      const { passwordHash: _, ...personal } = opened;
      return personal;
    } catch (error) {
      if (!(error instanceof PersonalUnreadable)) throw error;
      onDamaged(i);
      return undefined;
    }
  });
}
