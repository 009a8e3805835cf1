import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Redis } from '../../../shared/adapters/redis/client.ts';
import { type Position, parsePosition, START } from '../../../shared/events/position.ts';
import {
  type CachedPair,
  type CachedViews,
  readPair,
  writeViews,
} from '../../../shared/read-model/cached-views.ts';
import { LANES } from '../../../shared/read-model/lanes.ts';
import { type LoadedPair, loadPairs, type PairIds } from '../../../shared/read-model/load-views.ts';
import { cacheCheckpointKey } from '../../../shared/read-model/views.ts';
import type { Fingerprint } from '../trust/trust.ts';

/** The layers below a node's memory, as validation uses them. */
export interface PairSources {
  /** One statement: all views and the checkpoint from one snapshot, in order. @throws PostgreSQL can't answer */
  load(pairs: readonly PairIds[]): Promise<readonly LoadedPair[]>;
  /** One round trip. @throws Redis can't answer */
  read(licenseId: string, userId: string): Promise<CachedPair>;
  /** Writes each view if it is newer than the one that Redis has. @throws Redis can't answer */
  write(views: CachedViews): Promise<void>;
  /** @throws PostgreSQL can't answer */
  readFingerprint(): Promise<Fingerprint>;
  /** How far the projectors have written Redis, for each of these lanes. @throws Redis can't answer */
  readCacheCheckpoints(lanes: readonly string[]): Promise<ReadonlyMap<string, Position>>;
}

const FINGERPRINT = `
SELECT lane, position_commit::text AS commit, position_prepare::text AS prepare, generation,
  (SELECT count(*) FROM read_model.parked_events) AS parked
FROM (${LANES}) lanes ORDER BY lane`;

interface FingerprintRow {
  readonly lane: string;
  readonly commit: string;
  readonly prepare: string;
  readonly generation: number;
  readonly parked: string;
}

export function pairSources(pool: Queryable, redis: Redis): PairSources {
  return {
    load: (pairs) => loadPairs(pool, pairs),
    read: (licenseId, userId) => readPair(redis, licenseId, userId),
    write: (views) => writeViews(redis, views),
    async readFingerprint() {
      const { rows } = await pool.query<FingerprintRow>({ name: 'fingerprint', text: FINGERPRINT });
      const lanes = new Map(
        rows.map(({ lane, commit, prepare }) => [lane, { commit: BigInt(commit), prepare: BigInt(prepare) }]),
      );
      const generations = rows.map(({ generation }) => generation);
      return { lanes, state: `${generations.join()}/${rows[0]?.parked}` };
    },
    async readCacheCheckpoints(lanes) {
      const pipeline = redis.pipeline();
      for (const lane of lanes) pipeline.hget(cacheCheckpointKey(lane), 'j');
      const answers = (await pipeline.exec()) ?? [];
      for (const [error] of answers) if (error) throw error;
      return new Map(
        lanes.map((lane, i) => [lane, parsePosition(String(answers[i]?.[1] ?? '')) ?? START] as const),
      );
    },
  };
}
