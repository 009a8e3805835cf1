import type { EventReader } from '../../../shared/events/codec.ts';
import { personalSchemas } from '../../../shared/events/schemas.ts';
import type { PersonalEventType } from '../../../shared/events/types.ts';
import type { Vault } from '../../../shared/vault/vault.ts';
import type { OpenedPersonal } from '../formats/row.ts';
import type { DecodedEvent } from './selection.ts';

const PERSONAL_TYPES = Object.keys(personalSchemas) as PersonalEventType[];

const sealedOf = (decoded: DecodedEvent): string | undefined =>
  'personal' in decoded.event.data ? decoded.event.data.personal : undefined;

/**
 * Opens the personal data of a batch of events, with one statement for the keys it has not seen lately. Empty for erased
 * users; undefined for events that have none. Password hashes are left out: they are of use to nobody who may not also
 * log in as that user.
 * @throws DataKeyMissing, VaultUnavailable, VaultKeyUnreadable, PersonalUnreadable
 */
export async function openPersonalOf(
  batch: readonly DecodedEvent[],
  vault: Pick<Vault, 'dataKeys'>,
  reader: EventReader,
): Promise<OpenedPersonal[]> {
  const sealed = batch.map(sealedOf);
  const userIds = new Set(
    batch.flatMap(({ event }, i) => (sealed[i] === undefined ? [] : [event.data.userId])),
  );
  const keys = await vault.dataKeys([...userIds]);
  return batch.map(({ event }, i) => {
    const text = sealed[i];
    const key = keys.get(event.data.userId);
    if (text === undefined || key === undefined) return undefined;
    const { passwordHash: _, ...personal } = reader.unseal(PERSONAL_TYPES, text, key) as Record<
      string,
      unknown
    >;
    return personal;
  });
}
