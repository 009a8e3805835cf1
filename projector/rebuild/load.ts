import type { Position } from '../../shared/event-log/position.ts';
import type { FeedStop } from '../errors.ts';
import type { Feed } from '../feeds/feed.ts';
import type { DecodedBatch } from '../write/decode.ts';
import { isRefusal, isTransient } from '../write/faults.ts';
import { GapInBatch } from '../write/fold.ts';
import type { ReadModelWriter } from '../write/read-model-writer.ts';
import { type Applied, buildUntil, hasReached, upTo } from './build.ts';

/** Events of one transaction at most: what a kill costs. It ends before, where the writer keeps too many rows. */
const MOST = 100_000;

/**
 * As {@link buildUntil}, for tables that nobody reads and that have no indexes yet: in large transactions, which write each row once.
 * What PostgreSQL refuses of those is applied batch by batch, where the event at fault is found.
 * @param applied called for each batch once; what it tells is committed at the end of the transaction
 * @throws FeedStop, EventStoreUnavailable, or an error of PostgreSQL; another call goes on from there
 */
export async function loadUntil(
  feed: Feed,
  writer: ReadModelWriter,
  target: { readonly position: Position } | undefined,
  applied: Applied,
  signal?: AbortSignal,
): Promise<void> {
  const tables = { feed, writer, applied, signal };
  while (target && !hasReached(writer, target) && !signal?.aborted) {
    const refused = await new Load(tables, target).run();
    if (!refused) return;
    let { told } = refused;
    const onceEach: Applied = (events, reached) => {
      const again = Math.min(told, events);
      told -= again;
      applied(events - again, reached);
    };
    await buildUntil(feed, writer, refused, onceEach, signal);
  }
}

interface Tables {
  readonly feed: Feed;
  readonly writer: ReadModelWriter;
  readonly applied: Applied;
  readonly signal: AbortSignal | undefined;
}

/** One subscription, and the transactions that it fills. */
class Load {
  readonly #tables: Tables;
  readonly #target: { readonly position: Position };
  readonly #reading = new AbortController();
  #read: Position | undefined;
  #stop: FeedStop | undefined;
  /** Events of the transaction that is under way. */
  #taken = 0;

  constructor(tables: Tables, target: { readonly position: Position }) {
    this.#tables = tables;
    this.#target = target;
  }

  /** Answers up to where rows were refused, and how many of those events it has told of. */
  async run(): Promise<{ readonly position: Position; readonly told: number } | undefined> {
    const { writer, signal } = this.#tables;
    const batches = ahead(this.#decoded());
    try {
      while (await writer.writeTogether(batches, (batch) => this.#isEnough(batch))) {
        this.#taken = 0;
        if (signal?.aborted) return undefined;
      }
      if (this.#stop) throw this.#stop;
      return undefined;
    } catch (error) {
      const mayPass = isRefusal(error) || isTransient(error) || error instanceof GapInBatch;
      if (!mayPass || !this.#read) throw error;
      return { position: this.#read, told: this.#taken };
    } finally {
      this.#reading.abort();
      await batches.return();
    }
  }

  #isEnough({ decoded }: DecodedBatch): boolean {
    const { applied, signal } = this.#tables;
    this.#taken += decoded.count;
    applied(decoded.count, decoded.last?.created);
    return (signal?.aborted ?? false) || this.#taken >= MOST;
  }

  async *#decoded(): AsyncGenerator<DecodedBatch, void> {
    const { feed, writer, signal } = this.#tables;
    const reading = this.#reading.signal;
    const either = signal ? AbortSignal.any([signal, reading]) : reading;
    for await (const batch of upTo(this.#target, feed.batches(writer.checkpoint.last, either))) {
      const decoded = await writer.decode(batch);
      this.#read = decoded.position;
      yield decoded;
      this.#stop = decoded.decoded.stop;
      if (this.#stop) return;
    }
  }
}

/** Each is made while the one before it is worked on. */
async function* ahead<T>(source: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  let next = source.next();
  try {
    for (let item = await next; !item.done; item = await next) {
      next = source.next();
      // A failure is thrown where it is waited for.
      next.catch(() => undefined);
      yield item.value;
    }
  } finally {
    await source.return();
  }
}
