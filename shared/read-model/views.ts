import type { StoredTerms } from '../events/schemas/terms.ts';

/**
 * The two views that a validation joins in memory. They are what Redis and the query nodes' memory hold, and what
 * one PostgreSQL statement loads. A view is negative (`license: null`, `user: null`) if the read model has no such
 * row; a negative one carries the position too, and so says as of when that was so.
 *
 * Which of two views of one key is the newer: the one with the later position; at the same position the one loaded
 * later. `position` is the user's (`users.position`); where the user has no row, the read model's checkpoint.
 */
interface Versioned {
  /** See position.ts for the form. */
  readonly position: string;
  /** When the statement that loaded it ran: milliseconds since 1970, by PostgreSQL's clock. */
  readonly loadedAt: number;
}

export interface LicenseView extends Versioned {
  readonly license: {
    readonly licenseId: string;
    readonly userId: string;
    readonly product: string;
    /** Empty once the user is erased. */
    readonly clientId: string;
    readonly status: 'active' | 'deactivated' | 'revoked';
  } | null;
}

/** A subscription that counts. Instants in milliseconds since 1970. */
export interface SubscriptionInView {
  readonly subscriptionId: string;
  readonly plan: string;
  readonly terms: StoredTerms;
  readonly trial: boolean;
  /** Two facts: of one that is both, each decides something. */
  readonly suspended: boolean;
  readonly cancelled: boolean;
  readonly startDate: number;
  readonly endDate: number;
}

export interface UserView extends Versioned {
  readonly user: {
    readonly userId: string;
    readonly status: 'active' | 'erased';
    /** By product, the subscription that counts; none of a product of which the user never had one. */
    readonly subscriptions: Readonly<Record<string, SubscriptionInView>>;
    /** True while an event of this user is parked: the view is older than the log by a known fault. */
    readonly parked: boolean;
  } | null;
}

/** Redis keys. A view is a hash: `v` its sortable version (see version.ts), `j` its JSON (see stored-views.ts). */
export const licenseKey = (licenseId: string): string => `license:${licenseId}`;
export const userKey = (userId: string): string => `user:${userId}`;
/** The projector's checkpoint in this Redis: a hash with `e`, the epoch of the views; `v`, how often it was moved in it; `j`, the position. */
export const CACHE_CHECKPOINT_KEY = 'projector:checkpoint';

/** How long a view may be used without asking the layer below again. */
export const FRESH_MS = 5 * 60_000;
/** How long a view is kept at all, for the time when the layers below can't answer. */
export const KEPT_MS = 24 * 3_600_000;
