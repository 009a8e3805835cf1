import { timeOfUuidv7 } from '../../shared/ids.ts';
import type { Vault } from '../../shared/vault/vault.ts';
import type { CommandStamp } from '../execute/stamps.ts';
import type { Reservation, Reservations } from '../reservations/reservations.ts';
import type { ImportedCustomer } from './customer.ts';
import type { ImportIds } from './decide-customer.ts';

/** What is unique of a customer, by the digests that name the reservations. */
export interface Digests {
  readonly external: string;
  readonly email: string | undefined;
  readonly subscriptions: readonly string[];
  readonly licenseKeys: readonly string[];
}

/** The ids of subscriptions and license keys, in their order. */
export type PartIds = Omit<ImportIds, 'addUser'>;

/** Reserves what is free still. @returns false if another was faster */
export type Missing = (stamp: CommandStamp) => Promise<boolean>;

/** Whose the parts of a customer are, with their ids, and what has yet to be reserved; or what is another's. */
export type Parts =
  | {
      readonly userId: string;
      readonly ids: PartIds;
      readonly missing: Missing[];
      readonly taken?: never;
    }
  | {
      readonly taken: {
        readonly place: string;
        readonly refusal: { readonly code: 'external_id_taken' | 'license_key_taken' };
      };
    };

/** @param email in the form in which emails are compared */
export async function digestsOf(
  vault: Pick<Vault, 'reservationDigest' | 'emailDigest'>,
  { externalId, subscriptions, licenseKeys }: ImportedCustomer,
  email: string | undefined,
): Promise<Digests> {
  const external = (of: 'user' | 'subscription', id: string) => vault.reservationDigest('external', of, id);
  return {
    external: await external('user', externalId),
    email: email === undefined ? undefined : await vault.emailDigest(email),
    subscriptions: await Promise.all(subscriptions.map((one) => external('subscription', one.externalId))),
    licenseKeys: await Promise.all(licenseKeys.map(({ hash }) => vault.reservationDigest('key', hash))),
  };
}

/** New ids for all parts. The time of a subscription's is its start date: so a look-up by id alone can name the partition. */
export const newParts = (
  { subscriptions }: ImportedCustomer,
  { licenseKeys }: Digests,
  newId: (at?: number) => string,
): PartIds => ({
  subscriptions: subscriptions.map(({ startDate }) => newId(startDate)),
  licenseKeys: licenseKeys.map((keyDigest) => ({ keyDigest, keyId: newId() })),
});

/** Reads everything that is reserved of a customer, the email apart. Writes nothing. */
export async function readParts(
  reservations: Reservations,
  customer: ImportedCustomer,
  digests: Digests,
  newId: (at?: number) => string,
): Promise<Parts> {
  const [external, subscriptions, licenseKeys] = await Promise.all([
    reservations.read('external', digests.external),
    Promise.all(digests.subscriptions.map((digest) => reservations.read('external', digest))),
    Promise.all(digests.licenseKeys.map((digest) => reservations.read('key', digest))),
  ]);
  const userId = external.holder?.userId ?? newId();
  const taken = takenBy(userId, subscriptions, licenseKeys);
  if (taken) return { taken };

  const missing: Missing[] = [];
  if (!external.holder)
    missing.push((stamp) => reservations.reserve('external', digests.external, external, { userId }, stamp));
  const made = newParts(customer, digests, newId);
  const idOf = <K extends 'external' | 'key'>(
    kind: K,
    digest: string,
    before: Reservation<K>,
    id: string,
    fits: (reserved: string) => boolean = () => true,
  ) => {
    const reserved = before.holder?.id;
    if (reserved !== undefined && fits(reserved)) return reserved;
    missing.push((stamp) => reservations.reserve(kind, digest, before, { userId, id }, stamp));
    return id;
  };
  const ids = {
    subscriptions: made.subscriptions.map((id, at) => {
      const [digest, before] = [digests.subscriptions[at] as string, subscriptions[at]];
      // A line that was cut off may have been mended since: under an id of another date nothing would find the subscription.
      const begins = (reserved: string) => timeOfUuidv7(reserved) === timeOfUuidv7(id);
      return idOf('external', digest, before as Reservation<'external'>, id, begins);
    }),
    licenseKeys: made.licenseKeys.map(({ keyDigest, keyId }, at) => ({
      keyDigest,
      keyId: idOf('key', keyDigest, licenseKeys[at] as Reservation<'key'>, keyId),
    })),
  };
  return { userId, ids, missing };
}

function takenBy(
  userId: string,
  subscriptions: readonly Reservation<'external'>[],
  licenseKeys: readonly Reservation<'key'>[],
) {
  const subscription = subscriptions.findIndex(({ holder }) => holder && holder.userId !== userId);
  if (subscription !== -1)
    return {
      place: `/subscriptions/${subscription}/external_id`,
      refusal: { code: 'external_id_taken' },
    } as const;
  const key = licenseKeys.findIndex(({ holder }) => holder && holder.userId !== userId);
  if (key === -1) return undefined;
  return { place: `/license_keys/${key}`, refusal: { code: 'license_key_taken' } } as const;
}
