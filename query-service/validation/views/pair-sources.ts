import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Redis } from '../../../shared/adapters/redis/client.ts';
import { parsePosition, START } from '../../../shared/event-log/position.ts';
import {
  type CachedPair,
  type CachedViews,
  readPair,
  writeViews,
} from '../../../shared/read-model/cached-views.ts';
import { CHECKPOINT, positionOf } from '../../../shared/read-model/checkpoint.ts';
import { type LoadedPair, loadPairs, type PairIds } from '../../../shared/read-model/load-views.ts';
import { CACHE_CHECKPOINT_KEY } from '../../../shared/read-model/views.ts';
import type { CacheCheckpoint, Fingerprint } from '../trust/trust.ts';
import type { DatabaseClock } from './database-clock.ts';

/** The layers below a node's memory, as validation uses them. */
export interface PairSources {
  /** One statement: all views and the checkpoint from one snapshot, in order. @throws PostgreSQL can't answer */
  load(pairs: readonly PairIds[]): Promise<readonly LoadedPair[]>;
  /** One round trip. @param epoch only views of this one; of any unless it is given. @throws Redis can't answer */
  read(licenseId: string, userId: string, epoch?: string): Promise<CachedPair>;
  /** Writes each view if it is newer than the one that Redis has, or of a later epoch. @throws Redis can't answer */
  write(views: CachedViews, epoch: string): Promise<void>;
  /** @throws PostgreSQL can't answer */
  readFingerprint(): Promise<Fingerprint>;
  /** How far the projector has written Redis. @throws Redis can't answer */
  readCacheCheckpoint(): Promise<CacheCheckpoint>;
}

const FINGERPRINT = `
SELECT c.position_commit::text AS commit, c.position_prepare::text AS prepare,
  COALESCE(c.generation, 0) || '/' || (SELECT count(*) FROM read_model.parked_events) AS state,
  extract(epoch FROM statement_timestamp()) * 1000 AS now
FROM ${CHECKPOINT}`;

interface FingerprintRow {
  readonly commit: string | null;
  readonly prepare: string | null;
  readonly state: string;
  /** numeric, which arrives as text. */
  readonly now: string;
}

export function pairSources(
  pool: Queryable,
  redis: Redis,
  clock: DatabaseClock,
  monotonic: () => number,
): PairSources {
  return {
    async load(pairs) {
      const sentAt = monotonic();
      const loaded = await loadPairs(pool, pairs);
      if (loaded[0]) clock.observed(loaded[0].license.loadedAt, sentAt);
      return loaded;
    },
    read: (licenseId, userId, epoch) => readPair(redis, licenseId, userId, epoch),
    write: (views, epoch) => writeViews(redis, views, epoch),
    async readFingerprint() {
      const sentAt = monotonic();
      const { rows } = await pool.query<FingerprintRow>({ name: 'fingerprint', text: FINGERPRINT });
      const { commit, prepare, state, now } = rows[0] as FingerprintRow;
      clock.observed(Math.trunc(Number(now)), sentAt);
      return { checkpoint: positionOf(commit, prepare), state };
    },
    async readCacheCheckpoint() {
      const [epoch, position] = await redis.hmget(CACHE_CHECKPOINT_KEY, 'e', 'j');
      return { epoch: epoch ?? undefined, position: parsePosition(position ?? '') ?? START };
    },
  };
}
