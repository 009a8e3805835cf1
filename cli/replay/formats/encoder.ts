import type { Row } from './row.ts';

/** Turns rows into a file's bytes. */
export interface Encoder {
  /** Takes a row. */
  add(row: Row): void;
  /** True if the bytes of what was taken should be fetched now, so that memory stays bounded. */
  readonly isFull: boolean;
  /** True if bytes may be fetched behind any row; else only when full. */
  readonly isDivisible: boolean;
  /** The bytes of everything that was taken since the last time. */
  take(): Uint8Array;
  /** The bytes behind the last row, with those that were not fetched. */
  finish(): Uint8Array;
}
