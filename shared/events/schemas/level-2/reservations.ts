import { z } from 'zod';
import { id } from './fields.ts';

/** Reservation streams. What is reserved stands in the stream's name, as a digest; here is for whom. */
export const reservationEventSchemas2 = {
  ExternalIdReserved: z.strictObject({ userId: id, subscriptionId: id.optional() }),
  LicenseKeyReserved: z.strictObject({ userId: id, keyId: id }),
  TrialUsed: z.strictObject({ userId: id, subscriptionId: id }),
} as const;
