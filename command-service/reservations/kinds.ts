import type { ReservationKind } from '../../shared/events/streams.ts';
import type { ReservationEvent } from '../../shared/events/types.ts';

/** For whom something is reserved. */
interface ForUser {
  readonly userId: string;
}

/** And for which subscription or license key in that user's stream. */
interface ForPart extends ForUser {
  readonly id: string;
}

/** For whom each kind is reserved; an external id for a user, or for one of a user's subscriptions. */
export interface Holders {
  readonly email: ForUser;
  readonly external: ForUser & Partial<ForPart>;
  readonly key: ForPart;
  readonly trial: ForPart;
}

/** The event that reserves something of the kind. */
export const reserving: { readonly [K in ReservationKind]: (holder: Holders[K]) => ReservationEvent } = {
  email: ({ userId }) => ({ type: 'EmailReserved', data: { userId } }),
  external: ({ userId, id }) => ({
    type: 'ExternalIdReserved',
    data: { userId, ...(id !== undefined && { subscriptionId: id }) },
  }),
  key: ({ userId, id }) => ({ type: 'LicenseKeyReserved', data: { userId, keyId: id } }),
  trial: ({ userId, id }) => ({ type: 'TrialUsed', data: { userId, subscriptionId: id } }),
};

/** Who holds what is reserved once this is the stream's last event; undefined after a release. */
export function holderBy({ type, data }: ReservationEvent): Holders['external'] | undefined {
  switch (type) {
    case 'EmailReserved':
      return { userId: data.userId };
    case 'EmailReleased':
      return undefined;
    case 'ExternalIdReserved': {
      const { userId, subscriptionId: id } = data;
      return { userId, ...(id !== undefined && { id }) };
    }
    case 'LicenseKeyReserved':
      return { userId: data.userId, id: data.keyId };
    case 'TrialUsed':
      return { userId: data.userId, id: data.subscriptionId };
  }
}
