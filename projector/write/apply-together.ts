import { inTransaction, type PoolClient } from '../../shared/adapters/postgres/pool.ts';
import { comparePositions } from '../../shared/event-log/position.ts';
import { type ParkedEvent, park } from '../parked/parked-events.ts';
import { newlySeen, type Target } from './apply.ts';
import { BatchState } from './batch/batch-state.ts';
import { advanced, type Checkpoint, moveCheckpoint } from './checkpoint.ts';
import type { DecodedBatch } from './decode.ts';
import { type FoldContext, foldEvents } from './fold.ts';
import { applyStaff } from './projections/staff.ts';

/**
 * More is memory and no less work: of 300,000 events with a heap of 320 MB, 50,000 rows took 405 MiB and 186 µs of CPU an event,
 * 20,000 took 366 MiB and 176, none kept (batch by batch) 306 MiB and 228.
 */
const KEPT_ROWS = 20_000;

/** What batches that are applied together come to. */
export interface AppliedTogether {
  readonly to: Checkpoint;
  readonly parked: readonly ParkedEvent[];
}

/** Rows that the next batches may find here, and need not load. They are right for as long as this writer alone has written. */
export class KeptRows {
  readonly #target: Target;
  readonly #most: number;
  #state: BatchState;

  constructor(target: Target) {
    this.#target = target;
    this.#most = target.keptRows ?? KEPT_ROWS;
    this.#state = this.#none();
  }

  /**
   * Applies batches, one after the other, in one transaction, and writes each row once, at its end. Where it throws,
   * what is kept is worth nothing any more.
   * @param batches they are asked for one more only until `enough`, or too many rows are kept
   * @param enough told of the last event that was applied
   * @throws CheckpointMoved, GapInBatch, or an error of PostgreSQL
   */
  async apply(
    batches: AsyncIterator<DecodedBatch, void>,
    from: Checkpoint,
    known: Omit<FoldContext, 'refused'>,
    enough: (batch: DecodedBatch) => boolean,
  ): Promise<AppliedTogether | undefined> {
    const applied = await inTransaction(this.#target.pool, async (client) => {
      await moveCheckpoint(client, from, from);
      const parked: ParkedEvent[] = [];
      const parkedUsers = new Map(known.parked);
      let to = from;
      for (let next = await batches.next(); !next.done; next = await batches.next()) {
        const before = to;
        to = after(before, next.value);
        const context = { parked: parkedUsers, skipped: known.skipped, refused: NONE };
        const set = await this.#take(client, next.value, { from: before, to, context });
        for (const one of set) parkedUsers.set(one.decoded.userId, one.decoded.recorded.revision);
        parked.push(...set);
        // Told of each, also of the one with which too many rows are kept.
        if (enough(next.value) || this.#state.size >= this.#most) break;
      }
      if (to === from) return undefined;
      await this.#state.save(client);
      if (this.#state.erased.length > 0) await this.#target.erase(client, this.#state.erased);
      await moveCheckpoint(client, from, to);
      return { to, parked };
    });
    if (this.#state.size >= this.#most) this.#state = this.#none();
    else this.#state.saved();
    return applied;
  }

  async #take(
    client: PoolClient,
    { decoded }: DecodedBatch,
    { from, to, context }: { from: Checkpoint; to: Checkpoint; context: FoldContext },
  ): Promise<ParkedEvent[]> {
    await this.#state.read(client, decoded.events);
    const parked = foldEvents(this.#state, decoded.events, context);
    await applyStaff(client, decoded.staff);
    await park(client, parked);
    await this.#target.history?.seen(client, newlySeen({ seen: decoded.seen, from, to }));
    await this.#state.saveFinished(client);
    return parked;
  }

  #none = (): BatchState => new BatchState(this.#target.history?.parts());
}

const NONE: ReadonlyMap<string, string> = new Map();

function after(from: Checkpoint, { decoded, position }: DecodedBatch): Checkpoint {
  const last = decoded.last && {
    id: decoded.last.id,
    position: decoded.last.position,
    at: decoded.last.created,
  };
  const to = advanced(from, last, position);
  return !last && comparePositions(to.position, from.position) === 0 ? from : to;
}
