/** What the server says of a license, in the API's own words. Instants are ISO 8601 in UTC. */
export interface License {
  readonly status: 'valid' | 'invalid';
  readonly code: ServerCode;
  /** A plan other than the free one is running. */
  readonly premium: boolean;
  readonly plan_type: string | null;
  readonly product: string | null;
  readonly trial: boolean;
  readonly license_id: string | null;
  readonly client_id: string | null;
  readonly entitlements: readonly string[] | null;
  readonly expires_at: string | null;
  readonly grace_until: string | null;
  readonly grace: boolean;
  readonly as_of: string | null;
}

/** The codes of a validation, as the API guide lists them. */
export type ServerCode =
  | 'INVALID_KEY'
  | 'NOT_FOUND'
  | 'ERASED'
  | 'REVOKED'
  | 'DEACTIVATED'
  | 'PRODUCT_MISMATCH'
  | 'CLIENT_MISMATCH'
  | 'SUSPENDED'
  | 'NOT_STARTED'
  | 'CANCELLED'
  | 'EXPIRED'
  | 'ENTITLEMENTS_MISSING'
  | 'VALID';

/** What only the client itself can say. In lower case, to be told apart from the server's. */
export type LocalCode =
  /** Nothing was activated here, or it was deactivated. */
  | 'not_activated'
  /** The server could not be asked, and there is no lease. */
  | 'unreachable'
  /** The server could not be asked, and the lease is over. */
  | 'lease_expired'
  /** The server could not be asked and what is stored is no lease for this client; or what the server sent is none. */
  | 'lease_invalid'
  /** The server could not be asked, and the clock is more than ten minutes behind a time that was seen before. */
  | 'clock_set_back'
  /** The license is good, but ended before this release of the program came out. */
  | 'release_not_covered';

export type Code = ServerCode | LocalCode;

/** Where an answer comes from: the server, just now; the stored lease; or what one of them said a moment ago. */
export type Source = 'server' | 'lease' | 'memory';

/** Whether the program may run. */
export interface Answer {
  readonly allowed: boolean;
  readonly code: Code;
  readonly source: Source;
  /** Up to when that holds without asking the server again, ISO 8601; null where nothing is allowed. */
  readonly until: string | null;
  /** Null where nothing is known of a license. */
  readonly license: License | null;
}

/** What a program wants to know beyond whether it is licensed at all. */
export interface Question {
  /** All of these must be in the plan: else `ENTITLEMENTS_MISSING`. */
  readonly entitlements?: readonly string[];
  /**
   * When this release of the program came out. A release that is newer than the subscription's end is
   * `release_not_covered`; older ones go on with what the plan leaves at its end.
   */
  readonly releasedAt?: Date | string;
}
