import { inTransaction } from '../../shared/adapters/postgres/pool.ts';
import { comparePositions, type Position } from '../../shared/event-log/position.ts';
import type { Change } from '../caches/caches.ts';
import type { FeedStop } from '../errors.ts';
import type { AppliedEvent, Feed, FeedBatch } from '../feeds/feed.ts';
import { loadMarked, loadParkedUsers, loadSkipped } from '../parked/parked-events.ts';
import { settleUser } from '../parked/settle.ts';
import { type Applied, applyBatch, type Batch, type Target } from './apply.ts';
import { KeptRows } from './apply-together.ts';
import { fillCancelledBy } from './cancelled-by.ts';
import { AT_START, advanced, type Checkpoint, loadCheckpoint, moveCheckpoint } from './checkpoint.ts';
import { type DecodedBatch, type Decoder, decodeEvents } from './decode.ts';
import { GapInBatch } from './fold.ts';
import { type ErasedUser, forgetErased, nextErased } from './projections/erased.ts';

/** What a batch has come to. Both, where the feed has to stop in its middle. */
export interface WrittenBatch {
  /** What was committed; undefined if there was nothing to write. It is to be published, whatever else went wrong. */
  readonly change: Change | undefined;
  /** Why nothing after it may be applied. */
  readonly stop: FeedStop | undefined;
}

/** Server settings of the connections that a writer uses. */
export const writerSettings = (schema: string): Readonly<Record<string, string>> => ({
  search_path: schema,
  // Rows and checkpoint are lost together, and then projected again: a commit need not wait for the disk.
  synchronous_commit: 'off',
  // Every row is looked up by its key. A plan that was made while a table was small would scan it for ever after:
  // a quarter of PostgreSQL's work in a rebuild.
  enable_seqscan: 'off',
  // The cost of what that leaves no other plan for is so high that PostgreSQL would compile it: 0.6 s for each of them.
  jit: 'off',
  // One whose machine has died in a statement says nothing any more: its locks are free after 25 s, and not after the
  // system's two hours.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
});

/**
 * Writes one schema's read models, batch by batch. What it knows of checkpoint and parked users is read once and then
 * kept: it is right as long as the checkpoint is where this writer left it, which every transaction checks first.
 */
export class ReadModelWriter {
  readonly #target: Target;
  readonly #decoder: Decoder;
  #checkpoint: Checkpoint = AT_START;
  #parked = new Map<string, number>();
  #skipped = new Set<string>();
  #kept: KeptRows | undefined;

  constructor(target: Target, decoder: Decoder) {
    this.#target = target;
    this.#decoder = decoder;
  }

  get checkpoint(): Checkpoint {
    return this.#checkpoint;
  }

  get parkedUsers(): number {
    return this.#parked.size;
  }

  /** Reads where the read models are: at first, and after CheckpointMoved. */
  async load(): Promise<void> {
    const { pool } = this.#target;
    this.#kept = undefined;
    this.#checkpoint = await loadCheckpoint(pool);
    this.#parked = await loadParkedUsers(pool);
    this.#skipped = await loadSkipped(pool);
  }

  /** Changes nothing, so that a batch can be decoded while the one before is written. @throws FeedStop */
  async decode(batch: FeedBatch): Promise<DecodedBatch> {
    const decoded = await decodeEvents(this.#decoder, batch.events);
    // Cut short, a batch says nothing of what comes after its last event.
    const position = decoded.stop ? (decoded.last?.position ?? this.#checkpoint.position) : batch.position;
    return { decoded, position };
  }

  /**
   * Applies a batch and moves the checkpoint. Where the feed has to stop in the middle, what lies before is applied.
   * @throws CheckpointMoved, FeedStop where nothing was applied
   */
  async write({ decoded, position }: DecodedBatch): Promise<WrittenBatch> {
    const last = decoded.last && {
      id: decoded.last.id,
      position: decoded.last.position,
      at: decoded.last.created,
    };
    const { change, stop } = await this.#commit(decoded, last, position);
    return { change, stop: stop ?? decoded.stop };
  }

  /**
   * Applies batches in one transaction that writes each row once, and keeps rows for the next call: for a load, whose events
   * come faster than they could be written one batch at a time. What was refused is to be given to {@link write}.
   * @param enough see {@link KeptRows.apply}
   * @returns false once there are no more batches
   * @throws CheckpointMoved, GapInBatch, or an error of PostgreSQL: nothing was applied
   */
  async writeTogether(
    batches: AsyncIterator<DecodedBatch, void>,
    enough: (batch: DecodedBatch) => boolean,
  ): Promise<boolean> {
    const kept = this.#kept ?? new KeptRows(this.#target);
    // Until it is known to have been committed.
    this.#kept = undefined;
    const known = { parked: this.#parked, skipped: this.#skipped };
    const applied = await kept.apply(batches, this.#checkpoint, known, enough);
    this.#kept = kept;
    if (applied) this.#remember(applied.to, applied);
    return applied !== undefined;
  }

  /**
   * Settles what an operator has marked, user by user. Yields each change as it is committed: the next user may fail.
   * @throws FeedStop, CheckpointMoved, EventStoreUnavailable
   */
  async *settleMarked(feed: Feed): AsyncGenerator<Change, void> {
    if (this.#parked.size === 0) return;
    for (const [userId, rows] of await loadMarked(this.#target.pool)) {
      const source = { feed, decoder: this.#decoder };
      const { changed, complete } = await settleUser(this.#target, source, this.#checkpoint, rows);
      if (complete) this.#parked.delete(userId);
      for (const row of rows) if (row.mark === 'skip') this.#skipped.add(row.event_id);
      yield { before: this.#checkpoint.position, after: this.#checkpoint.position, changed };
    }
  }

  /** See cancelled-by.ts. @throws CheckpointMoved, EventStoreUnavailable */
  fillCancelledBy(feed: Feed, after: string | undefined): Promise<string | undefined> {
    const { pool } = this.#target;
    const { reader } = this.#decoder;
    const [checkpoint, skipped] = [this.#checkpoint, this.#skipped];
    return fillCancelledBy({ pool, reader, feed, checkpoint, skipped }, after);
  }

  /** Forgets the next of those whom a projector of the release before has erased. @throws CheckpointMoved */
  async forgetErased(after: ErasedUser | undefined): Promise<ErasedUser | undefined> {
    const { pool } = this.#target;
    const { remembered, last } = await nextErased(pool, after);
    const checkpoint = this.#checkpoint;
    if (remembered.length > 0)
      await inTransaction(pool, async (client) => {
        await moveCheckpoint(client, checkpoint, checkpoint);
        await forgetErased(client, remembered);
      });
    return last;
  }

  async #commit(
    { events, staff, seen }: Pick<Batch, 'events' | 'staff' | 'seen'>,
    last: AppliedEvent | undefined,
    position: Position,
  ): Promise<WrittenBatch> {
    this.#kept = undefined;
    const from = this.#checkpoint;
    const to = advanced(from, last, position);
    if (!last && comparePositions(to.position, from.position) === 0)
      return { change: undefined, stop: undefined };
    try {
      const applied = await applyBatch(
        this.#target,
        { events, staff, seen, from, to },
        { parked: this.#parked, skipped: this.#skipped },
      );
      this.#remember(to, applied);
      const change = { before: from.position, after: to.position, changed: applied.changed };
      return { change, stop: undefined };
    } catch (error) {
      if (!(error instanceof GapInBatch)) throw error;
      const before = events.slice(0, error.index);
      const end = before.at(-1);
      if (!end) throw error.stop;
      const { id, position: at } = end.recorded;
      const earlier = staff.filter(({ recorded }) => comparePositions(recorded.position, at) < 0);
      const { change } = await this.#commit(
        { events: before, staff: earlier, seen },
        { id, position: at, at: end.loggedAt },
        at,
      );
      return { change, stop: error.stop };
    }
  }

  #remember(checkpoint: Checkpoint, { parked }: Pick<Applied, 'parked'>): void {
    this.#checkpoint = checkpoint;
    for (const { decoded } of parked) this.#parked.set(decoded.userId, decoded.recorded.revision);
  }
}
