import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/process/logger.ts';
import type { LogFeed } from '../feeds/feed.ts';
import type { Decoder } from '../write/decode.ts';
import type { TableComparison } from './compare.ts';
import type { Rebuildable } from './rebuildable.ts';

export interface RebuildOptions {
  readonly rebuilt: Rebuildable;
  readonly connectionString: string;
  readonly feed: LogFeed;
  readonly decoder: Decoder;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Builds and compares, then removes what was built. */
  readonly compareOnly?: boolean;
  /** Switches although rows differ: they are meant to, because the projections have changed. */
  readonly acceptDifferences?: boolean;
  /** Takes the log as it is, whatever the live read models say: they are broken, empty, or of another store. */
  readonly force?: boolean;
  /** Starts again also where an earlier rebuild was interrupted. */
  readonly fresh?: boolean;
  /** Keeps the replaced schemas under their old name, such as `read_model_old`. */
  readonly keepOld?: boolean;
  /** Drops what others have hung on the live tables, such as analysts' views; without it a rebuild is refused for it. */
  readonly dropDependents?: boolean;
  readonly progress: (progress: Progress) => void;
}

export interface Progress {
  readonly phase: 'building' | 'indexing' | 'comparing' | 'switching';
  /** Events applied by this rebuild so far. */
  readonly events: number;
}

export interface RebuildResult {
  readonly events: number;
  /** Of building: until the first target was reached. */
  readonly seconds: number;
  /** undefined if there was nothing to compare with. */
  readonly comparison: readonly TableComparison[] | undefined;
  readonly switched: boolean;
}
