import type { TopicOffsets } from '../../shared/adapters/kafka/offsets.ts';
import type { Partition } from '../../shared/adapters/kafka/partition.ts';
import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { Redis } from '../../shared/adapters/redis/client.ts';
import type { Clock } from '../../shared/clock.ts';
import type { EventLog } from '../../shared/event-log.ts';
import type { Logger } from '../../shared/logger.ts';
import type { CacheRenewals } from '../caches/cache-renewal.ts';
import { Caches, type CachesOptions } from '../caches/caches.ts';
import { FeedNotOwned } from '../errors.ts';
import type { FeedStatus } from '../follow/feed-status.ts';
import { Follower } from '../follow/follower.ts';
import type { Observed, ProjectorMetrics } from '../metrics.ts';
import type { Target } from '../write/apply.ts';
import type { Checkpoint } from '../write/checkpoint.ts';
import type { Decoder } from '../write/decode.ts';
import { ReadModelWriter } from '../write/read-model-writer.ts';
import { kafkaFeed } from './feed.ts';
import type { Lane } from './lane.ts';
import type { Relayed } from './relayed.ts';

/** What the lanes of a process have in common. */
export interface LaneSurroundings {
  readonly pool: Pool;
  readonly redis: Redis;
  readonly log: EventLog;
  readonly offsets: TopicOffsets;
  readonly decoder: Decoder;
  readonly eraseUsage?: Target['eraseUsage'];
  /** Most events of a transaction, roughly. */
  readonly maxBatch: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ProjectorMetrics;
}

export interface LaneWorkerOptions extends LaneSurroundings {
  readonly lane: Lane;
  readonly partition: Partition;
  /** How far the relay is, as it is known now. */
  readonly relayed: () => Relayed | undefined;
  /** Shared by all lanes of the process. */
  readonly renewals: CacheRenewals;
  /** The other feed owns the read models: the process has to give all of its lanes up. */
  readonly notOwned: (error: FeedNotOwned) => void;
  /** {@link LaneWorker.cacheInStep} may have changed. */
  readonly cacheLooked: () => void;
}

/** One partition at work: its feed, its checkpoint, its views in Redis. What stops it stops no other. */
export class LaneWorker {
  readonly lane: Lane;
  readonly #options: LaneWorkerOptions;
  readonly #writer: ReadModelWriter;
  readonly #caches: Caches;
  readonly #follower: Follower;
  readonly #stopping = new AbortController();
  #cacheInStep = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: LaneWorkerOptions) {
    const { lane, pool, redis, decoder, eraseUsage, metrics } = options;
    const logger = options.logger.child({ lane: lane.name });
    this.#options = options;
    this.lane = lane;
    this.#writer = new ReadModelWriter({ pool, lane, ...(eraseUsage && { eraseUsage }) }, decoder);
    this.#caches = new Caches({
      db: pool,
      redis,
      logger,
      lane,
      renewals: options.renewals,
      metrics: this.#cacheMetrics(metrics),
    });
    this.#follower = new Follower({
      ...options,
      logger,
      feed: kafkaFeed(options),
      beatsWhenTold: true,
      writer: this.#writer,
      caches: this.#caches,
    });
  }

  get checkpoint(): Checkpoint {
    return this.#writer.checkpoint;
  }

  beat(before: Checkpoint, found: string | undefined): void {
    this.#follower.beat(before, found);
  }

  get status(): FeedStatus {
    return this.#follower.status;
  }

  get cacheInStep(): boolean {
    return this.#cacheInStep;
  }

  /** @param after what this process had to do with the lane before */
  start(after: Promise<void> | undefined): void {
    this.#running = this.#run(this.#stopping.signal, after);
  }

  /** Finishes the batch that is being written. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#options.partition.close();
    await this.#running;
    await this.#caches.stop();
  }

  observe(): Observed {
    return this.#follower.observe();
  }

  /** Records between what is applied and the end of the partition. */
  get behind(): number {
    const { partition } = this.#options;
    const fetched = partition.next ?? (this.#writer.checkpoint.last?.offset ?? -1n) + 1n;
    const unfetched = partition.end === undefined ? 0n : partition.end - fetched;
    return Math.max(0, Number(unfetched)) + this.observe().lagEvents;
  }

  /** The partition ends there: known also while nothing is fetched from it. */
  sawEnd(offset: bigint): void {
    this.#options.partition.sawEnd(offset);
  }

  /** The relay may be further: a lane without news of its own is as far, then. */
  lookAtRelay(): void {
    this.#options.partition.nudge();
  }

  async #run(signal: AbortSignal, after: Promise<void> | undefined): Promise<void> {
    await after;
    while (!signal.aborted) {
      try {
        await this.#follower.work(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof FeedNotOwned) return this.#options.notOwned(error);
        await this.status.pauseAfter(error, signal);
      }
    }
  }

  #cacheMetrics({ cacheFailures }: ProjectorMetrics): CachesOptions['metrics'] {
    const set = (value: 0 | 1) => {
      this.#cacheInStep = value === 1;
      this.#options.cacheLooked();
    };
    return { cacheFailures, cacheInStep: { set } };
  }
}
