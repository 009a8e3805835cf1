import type { Partition } from '../../shared/adapters/kafka/partition.ts';
import { CacheRenewals } from '../caches/cache-renewal.ts';
import type { FeedNotOwned } from '../errors.ts';
import type { FeedState, LaneLag, Observed } from '../metrics.ts';
import { type KafkaOwner, laneOfPartition } from './lane.ts';
import { type LaneSurroundings, LaneWorker } from './lane-worker.ts';
import type { Relayed } from './relayed.ts';

export interface LanesOptions extends LaneSurroundings {
  readonly owner: KafkaOwner;
  readonly relayed: () => Relayed | undefined;
  readonly notOwned: (error: FeedNotOwned) => void;
}

/** From the worst on: of several lanes, the process is in the state of the first of these that one of them is in. */
const WORST_FIRST: readonly FeedState[] = ['stopped', 'waiting', 'standby', 'following'];

/** No checkpoint is like that of a lane that has none. */
const NO_MARK = '';

/** Smaller transactions cost more than what else a process has in memory. */
const MIN_BATCH = 200;

/** Each lane keeps a few batches in memory: together the lanes of a process have as much as two large ones. */
const batchOf = (maxBatch: number, lanes: number): number =>
  Math.min(maxBatch, Math.max(MIN_BATCH, Math.ceil((2 * maxBatch) / lanes)));

/** The lanes of this process, side by side: one for each partition that it was assigned. */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #renewals: CacheRenewals;
  #workers = new Map<number, LaneWorker>();
  /** Lanes that were given up and may still write their last batch, by partition. */
  #stopping = new Map<number, Promise<void>>();

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#renewals = new CacheRenewals(options.pool, options.redis);
  }

  get size(): number {
    return this.#workers.size;
  }

  has(partition: number): boolean {
    return this.#workers.has(partition);
  }

  /** These from now on. Those before finish their batch; the same lane begins anew behind that. */
  assign(partitions: readonly Partition[]): void {
    for (const [id, worker] of this.#workers) this.#stopping.set(id, worker.stop());
    const maxBatch = batchOf(this.#options.maxBatch, partitions.length);
    this.#workers = new Map(partitions.map((partition) => [partition.id, this.#begin(partition, maxBatch)]));
  }

  /** Resolves when none of them writes any more. */
  async stop(): Promise<void> {
    this.assign([]);
    await Promise.all(this.#stopping.values());
  }

  /** Why lanes don't follow; empty if they all do. */
  get reasons(): string[] {
    return [...this.#workers.values()]
      .filter(({ status }) => status.state !== 'following')
      .map(
        ({ lane, status }) => `${lane.name} is ${status.state}${status.reason ? `: ${status.reason}` : ''}`,
      );
  }

  /** Of all lanes together; a process that has none stands by. */
  observe(): Observed {
    const workers = [...this.#workers.values()];
    const each = workers.map((worker) => worker.observe());
    const sum = (of: (observed: Observed) => number) => each.reduce((total, lane) => total + of(lane), 0);
    return {
      state: WORST_FIRST.find((state) => each.some((lane) => lane.state === state)) ?? 'standby',
      lagEvents: sum(({ lagEvents }) => lagEvents),
      lagSeconds: Math.max(0, ...each.map(({ lagSeconds }) => lagSeconds)),
      parkedUsers: sum(({ parkedUsers }) => parkedUsers),
    };
  }

  get lags(): LaneLag[] {
    return Array.from(this.#workers.values(), ({ lane, behind }) => ({ lane: lane.name, events: behind }));
  }

  /** Where the partitions end. */
  sawEnds(ends: Iterable<readonly [partition: number, end: bigint]>): void {
    for (const [id, end] of ends) this.#workers.get(id)?.sawEnd(end);
  }

  /** Tells the query nodes that nothing has changed, lane by lane. @param read marks by lane; undefined: they can't be had */
  async beat(read: () => Promise<ReadonlyMap<string, string> | undefined>): Promise<void> {
    const before = Array.from(this.#workers.values(), (worker) => ({ worker, at: worker.checkpoint }));
    if (before.length === 0) return;
    const found = await read();
    for (const { worker, at } of before) worker.beat(at, found && (found.get(worker.lane.name) ?? NO_MARK));
  }

  /** The relay may be further than the lanes know. */
  lookAtRelay(): void {
    for (const worker of this.#workers.values()) worker.lookAtRelay();
  }

  #begin(partition: Partition, maxBatch: number): LaneWorker {
    const lane = laneOfPartition(this.#options.owner, partition.id);
    const cacheLooked = () => {
      const inStep = [...this.#workers.values()].every(({ cacheInStep }) => cacheInStep);
      this.#options.metrics.cacheInStep.set(inStep ? 1 : 0);
    };
    const worker = new LaneWorker({
      ...this.#options,
      maxBatch,
      lane,
      partition,
      renewals: this.#renewals,
      cacheLooked,
    });
    worker.start(this.#stopping.get(partition.id));
    return worker;
  }
}
