import type { JSONWebKeySet } from 'jose';

/** One question to a client, and the answer that it has to give. Times are seconds since 1970. */
export interface Vector {
  readonly name: string;
  readonly given: Given;
  readonly expect: Expected;
}

export interface Given {
  readonly lease: string;
  readonly keys: JSONWebKeySet;
  readonly issuer: string;
  readonly product: string;
  readonly client_id: string;
  /** Of the question that the lease has just answered; null for a stored lease. */
  readonly nonce: string | null;
  /** What the client's clock says. */
  readonly now: number;
  /** The latest time that the client has seen before. */
  readonly mark: number;
  readonly entitlements: readonly string[];
  readonly released_at: string | null;
}

export interface Expected {
  readonly allowed: boolean;
  readonly code: string;
  readonly until: number | null;
}
