import type { Row } from './row.ts';

/**
 * Turns rows into a file's bytes. What it gives out depends on the rows alone and never on when it is asked, so that an
 * export that was interrupted and gone on with is the same file, byte for byte, as one that was not.
 */
export interface Encoder {
  /** Takes a row. */
  add(row: Row): void;
  /** True if the bytes of what was taken should be fetched now, so that memory stays bounded. */
  readonly isFull: boolean;
  /** Rows whose bytes have not been fetched. */
  readonly pending: number;
  /** True if bytes may be fetched behind any row; else only when full. */
  readonly isDivisible: boolean;
  /** The bytes of everything that was taken since the last time. */
  take(): Uint8Array;
  /** What {@link take} would need to know after a restart; asked for right behind it. */
  state(): string | undefined;
  /** The bytes behind the last row. */
  finish(): Uint8Array;
}

/** What a resumed encoder is given: the bytes that were written, and every state since the start, in order. */
export interface EncoderPast {
  readonly bytes: number;
  readonly states: readonly string[];
}
