/** An event as it is proposed by a client. */
export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** An event as it stands in the log. */
export interface StoredEvent extends ProposedEvent {
  /** From 1, without gaps, in the order of the commits. */
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  /** Microseconds since 1970. */
  readonly created: number;
}

/** Where a stream must end for an append to be accepted. */
export type ExpectedRevision = 'any' | 'no_stream' | 'stream_exists' | number;

export interface AppendRequest {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly ProposedEvent[];
  /** Instant in milliseconds after which nobody waits for the answer any more. */
  readonly deadline: number;
}

/** A stream without events ends at -1. */
export const NO_STREAM = -1;

export type AppendOutcome =
  | { readonly kind: 'appended'; readonly revision: number; readonly position: number | undefined }
  | { readonly kind: 'wrong_expected_revision'; readonly current: number }
  /** Nothing was written: there is no connection to the database, or too much waits already. */
  | { readonly kind: 'not_ready' | 'too_busy' }
  /** The deadline passed, or the database went away in the middle: it may have been written. */
  | { readonly kind: 'timeout' };
