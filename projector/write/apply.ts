import { inTransaction, type Pool, type PoolClient } from '../../shared/adapters/postgres/pool.ts';
import { comparePositions } from '../../shared/event-log/position.ts';
import { FeedStop } from '../errors.ts';
import { type ParkedEvent, park } from '../parked/parked-events.ts';
import { BatchState } from './batch/batch-state.ts';
import type { ChangedViews } from './batch/changed-views.ts';
import type { HistoryTables } from './batch/history.ts';
import { type Checkpoint, moveCheckpoint } from './checkpoint.ts';
import type { DecodedEvent, DecodedStaffEvent, SeenEvent } from './decode.ts';
import { findRefused, isRefusal, isTransient, refusalCause, rehearsal } from './faults.ts';
import { type FoldContext, foldEvents } from './fold.ts';
import { applyStaff } from './projections/staff.ts';

/** Where a projector writes: one schema of read models. */
export interface Target {
  /** Its search path is the schema; commits need not wait for the disk, since rows and checkpoint are lost together. */
  readonly pool: Pool;
  /** Removes what else the database holds of users whom this transaction erases. */
  readonly erase: (client: PoolClient, userIds: readonly string[]) => Promise<void>;
  /** The history tables, where they are made beside these read models. */
  readonly history?: HistoryTables;
  /** Rows that a load keeps in memory from transaction to transaction, roughly; about a kilobyte each. */
  readonly keptRows?: number;
}

export interface Batch {
  readonly events: readonly DecodedEvent[];
  readonly staff: readonly DecodedStaffEvent[];
  /** Every event of the batch, of whatever stream. */
  readonly seen: readonly SeenEvent[];
  readonly from: Checkpoint;
  readonly to: Checkpoint;
}

export interface Applied {
  readonly changed: () => ChangedViews;
  readonly parked: readonly ParkedEvent[];
}

/** Tries of a batch that PostgreSQL refuses without an event to be found at fault. */
const ATTEMPTS = 3;

/**
 * Applies a batch in one transaction, whose first statement moves the checkpoint. If PostgreSQL refuses the rows, the
 * event at fault is looked for and set aside, and the others are applied.
 * @throws CheckpointMoved, GapInBatch, FeedStop, or the error of a database that can't serve
 */
export async function applyBatch(
  target: Target,
  batch: Batch,
  known: Omit<FoldContext, 'refused'>,
): Promise<Applied> {
  const refused = new Map<string, string>();
  for (let attempt = 1; ; attempt++) {
    try {
      return await commit(target, batch, { ...known, refused });
    } catch (error) {
      if (!isRefusal(error) && !isTransient(error)) throw error;
      const found = isTransient(error)
        ? undefined
        : await findRefused(batch.events, (events) => rehearse(target, events, { ...known, refused }));
      if (found) {
        refused.set(found.event.recorded.id, refusalCause(found.error));
        attempt = 0;
      } else if (attempt >= ATTEMPTS) throw unexplained(error);
    }
  }
}

function commit(target: Target, batch: Batch, context: FoldContext): Promise<Applied> {
  return inTransaction(target.pool, async (client) => {
    const at = await moveCheckpoint(client, batch.from, batch.to);
    const state = await BatchState.load(client, batch.events, target.history);
    const parked = foldEvents(state, batch.events, context);
    await state.save(client);
    await applyStaff(client, batch.staff);
    await park(client, parked);
    await target.history?.seen(client, newlySeen(batch));
    if (state.erased.length > 0) await target.erase(client, state.erased);
    return { changed: () => state.changedViews(at), parked };
  });
}

/** The batch's events between its checkpoints: a batch may be delivered again, and may be cut short. */
export const newlySeen = ({ seen, from, to }: Pick<Batch, 'seen' | 'from' | 'to'>): SeenEvent[] =>
  seen.filter(
    ({ position }) =>
      (!from.last || comparePositions(position, from.last.position) > 0) &&
      comparePositions(position, to.position) <= 0,
  );

/** Does everything but commit. Answers the error that PostgreSQL refused it with, if it did. */
function rehearse(target: Target, events: readonly DecodedEvent[], context: FoldContext) {
  return rehearsal(target.pool, async (client) => {
    const state = await BatchState.load(client, events, target.history);
    foldEvents(state, events, context);
    await state.save(client);
  });
}

const unexplained = (cause: unknown) =>
  new FeedStop(
    'batch_refused',
    'PostgreSQL refuses a batch, and no single event is at fault',
    'see the cause in the log; migrations may be missing: cli migrate',
    { cause },
  );
