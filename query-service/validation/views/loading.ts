import type { Position } from '../../../shared/event-log/position.ts';
import type { LicenseView, UserView } from '../../../shared/read-model/views.ts';
import type { Trust } from '../trust/trust.ts';
import type { PairSources } from './pair-sources.ts';
import type { ViewMemory } from './view-memory.ts';

/** What a verified key names. */
export interface Named {
  readonly licenseId: string;
  readonly userId: string;
  /** The position of the license's activation. */
  readonly activated: Position;
}

export interface Loaded {
  readonly license: LicenseView;
  readonly user: UserView;
  readonly layer: 'redis' | 'postgres';
  /** The epoch (see trust.ts) in which the load began. */
  readonly epoch: number;
  /** The read model's checkpoint in the same snapshot; only from PostgreSQL. */
  readonly checkpoint?: Position | undefined;
  /** The epoch of the views in Redis (see shared/read-model/version.ts), as it was known then; undefined if it was not. */
  readonly cacheEpoch?: string | undefined;
}

/** Where a test may hold a load, to force a race. */
export type PausePoint = 'loaded_from_redis' | 'loaded_from_postgres' | 'before_cache_write';

export interface PairLoaderOptions {
  readonly sources: PairSources;
  readonly trust: Trust;
  readonly licenses: ViewMemory<LicenseView>;
  readonly users: ViewMemory<UserView>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly monotonic: () => number;
  /** A layer failed; what can be answered is answered without it. */
  readonly onFailure: (layer: 'redis' | 'postgres', error: unknown) => void;
  readonly pause?: ((point: PausePoint) => Promise<void>) | undefined;
}
