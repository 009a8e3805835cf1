import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/process/logger.ts';
import type { LogFeed } from '../feeds/feed.ts';
import type { Decoder } from '../write/decode.ts';

export interface AsOfOptions {
  readonly connectionString: string;
  /** A name that PostgreSQL takes without quotes. It is made, or goes on being built. */
  readonly schema: string;
  /** Milliseconds since 1970; undefined: the time at which the schema was begun. */
  readonly asOf: number | undefined;
  /** Whether the decoder opens personal data: it is only noted. */
  readonly personal: boolean;
  /** Drops what is there of this name, if it was made here, and starts again. */
  readonly fresh: boolean;
  /** Program and version, for the marker. */
  readonly builtBy: string;
  readonly feed: LogFeed;
  readonly decoder: Decoder;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the building; the next call goes on from there. */
  readonly signal: AbortSignal;
  readonly progress: (progress: AsOfProgress) => void;
}

export interface AsOfProgress {
  readonly phase: 'building' | 'indexing';
  /** Applied by this call. */
  readonly events: number;
  /** Of the whole, from 0 to 1; undefined before the first transaction. */
  readonly fraction: number | undefined;
}

export interface AsOfResult {
  readonly asOf: number;
  /** False if it was complete already. */
  readonly built: boolean;
  /** Events of users that the schema holds, and the position of the last one. */
  readonly events: number;
  readonly position: string | null;
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Applied by this call, and how long that took. */
  readonly applied: number;
  readonly seconds: number;
}
