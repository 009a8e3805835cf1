import { z } from 'zod';
import { storedTermsSchema } from '../events/terms.ts';

/**
 * The two views that a validation joins in memory. They are what Redis and the query nodes' memory hold, and what
 * one PostgreSQL statement loads. A view is negative (`license: null`, `user: null`) if the read model has no such
 * row; a negative one carries the position too, and so says as of when that was so.
 *
 * Which of two views of one key is the newer: the one with the later position; at the same position the one loaded
 * later. `position` is the user's (`users.position`); where the user has no row, the read model's checkpoint.
 */
const versioned = {
  /** See position.ts for the form. */
  position: z.string(),
  /** When the statement that loaded it ran: milliseconds since 1970, by PostgreSQL's clock. */
  loadedAt: z.number(),
};

export const licenseViewSchema = z.strictObject({
  ...versioned,
  license: z
    .strictObject({
      licenseId: z.string(),
      userId: z.string(),
      clientId: z.string(),
      status: z.enum(['active', 'deactivated', 'revoked']),
    })
    .nullable(),
});

export const userViewSchema = z.strictObject({
  ...versioned,
  user: z
    .strictObject({
      userId: z.string(),
      status: z.enum(['active', 'erased']),
      /** The subscription that counts; null if the user never had one. Instants in milliseconds since 1970. */
      subscription: z
        .strictObject({
          subscriptionId: z.string(),
          plan: z.string(),
          terms: storedTermsSchema,
          /** Two facts: of one that is both, each decides something. */
          suspended: z.boolean(),
          cancelled: z.boolean(),
          startDate: z.number(),
          endDate: z.number(),
        })
        .nullable(),
      /** True while an event of this user is parked: the view is older than the log by a known fault. */
      parked: z.boolean(),
    })
    .nullable(),
});

export type LicenseView = z.infer<typeof licenseViewSchema>;
export type UserView = z.infer<typeof userViewSchema>;

/** Redis keys. A view is a hash: `v` its sortable version (see {@link viewVersion}), `j` its JSON. */
export const licenseKey = (licenseId: string): string => `license:${licenseId}`;
export const userKey = (userId: string): string => `user:${userId}`;
/** The projector's checkpoint in this Redis: a hash with `e`, the epoch of the views; `v`, how often it was moved in it; `j`, the position. */
export const CACHE_CHECKPOINT_KEY = 'projector:checkpoint';

/** How long a view may be used without asking the layer below again. */
export const FRESH_MS = 5 * 60_000;
/** How long a view is kept at all, for the time when the layers below can't answer. */
export const KEPT_MS = 24 * 3_600_000;
