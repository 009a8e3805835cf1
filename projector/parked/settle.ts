import { inTransaction } from '../../shared/adapters/postgres/pool.ts';
import { StreamDeleted } from '../../shared/event-log/errors.ts';
import { FeedStop, revisionGap } from '../errors.ts';
import type { Feed } from '../feeds/feed.ts';
import type { Target } from '../write/apply.ts';
import { BatchState } from '../write/batch/batch-state.ts';
import type { ChangedViews } from '../write/batch/changed-views.ts';
import { type Checkpoint, moveCheckpoint } from '../write/checkpoint.ts';
import { type DecodedEvent, type Decoder, decodeEvents } from '../write/decode.ts';
import { findInOrder, isRefusal, refusalCause, rehearsal } from '../write/faults.ts';
import { tryApply } from '../write/fold.ts';
import { type ParkedRow, type Settlement, saveSettlement } from './parked-events.ts';

export interface Settled {
  readonly changed: () => ChangedViews;
  /** False if an event failed again: it and the later ones of the user stay parked. */
  readonly complete: boolean;
}

interface Work {
  readonly target: Target;
  readonly checkpoint: Checkpoint;
  readonly rows: readonly ParkedRow[];
  readonly events: readonly DecodedEvent[];
}

/**
 * Settles a user's parked events: reads them from the log again and applies them in order, leaving out those that are
 * marked `skip`, up to the first that fails again. The checkpoint stays where it is, but the transaction locks it.
 * @throws CheckpointMoved, FeedStop
 */
export async function settleUser(
  target: Target,
  source: { readonly feed: Feed; readonly decoder: Decoder },
  checkpoint: Checkpoint,
  rows: readonly ParkedRow[],
): Promise<Settled> {
  const events = await readParked(source, rows);
  if (!events) return settleDeleted(target, checkpoint, rows);
  const work = { target, checkpoint, rows, events };
  const refused = new Map<string, string>();
  for (;;) {
    try {
      return await commit(work, refused);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const found = await findInOrder(events, (some) => rehearse(work, some, refused));
      if (!found || refused.has(found.event.recorded.id)) throw error;
      refused.set(found.event.recorded.id, refusalCause(found.error));
    }
  }
}

/** @returns undefined the stream was deleted */
async function readParked(
  { feed, decoder }: { readonly feed: Feed; readonly decoder: Decoder },
  rows: readonly ParkedRow[],
): Promise<readonly DecodedEvent[] | undefined> {
  const first = rows[0] as ParkedRow;
  const recorded = [];
  try {
    for await (const event of feed.userEvents(first.user_id, Number(first.revision))) {
      recorded.push(event);
      if (recorded.length === rows.length) break;
    }
  } catch (error) {
    if (error instanceof StreamDeleted) return undefined;
    throw error;
  }
  const decoded = await decodeEvents(decoder, recorded);
  if (decoded.stop) throw decoded.stop;
  const wrong = rows.find((row, i) => decoded.events[i]?.recorded.id !== row.event_id);
  if (wrong) {
    const wayOut = 'connect the store that these read models were made from, or run: cli rebuild --force';
    throw new FeedStop('store_replaced', `the log no longer has parked event ${wrong.event_id}`, wayOut);
  }
  return decoded.events;
}

/** Nothing of the stream can be read again: to skip its first parked event is to skip all, and a retry fails. */
function settleDeleted(target: Target, checkpoint: Checkpoint, rows: readonly ParkedRow[]): Promise<Settled> {
  const first = rows[0] as ParkedRow;
  const skips = first.mark === 'skip';
  const settlement: Settlement = skips
    ? { settled: rows, skipped: rows, failed: undefined }
    : { settled: [], skipped: [], failed: { row: first, cause: 'its stream was deleted' } };
  return inTransaction(target.pool, async (client) => {
    const at = await moveCheckpoint(client, checkpoint, checkpoint);
    await saveSettlement(client, settlement);
    const state = await BatchState.load(client, []);
    state.touch(first.user_id);
    return { changed: () => state.changedViews(at), complete: skips };
  });
}

function commit(work: Work, refused: ReadonlyMap<string, string>): Promise<Settled> {
  return inTransaction(work.target.pool, async (client) => {
    const at = await moveCheckpoint(client, work.checkpoint, work.checkpoint);
    const state = await BatchState.load(client, work.events, work.target.history);
    const settlement = fold(state, work, work.events, refused);
    await state.save(client);
    await saveSettlement(client, settlement);
    if (state.erased.length > 0) await work.target.erase(client, state.erased);
    return { changed: () => state.changedViews(at), complete: settlement.failed === undefined };
  });
}

const rehearse = (work: Work, events: readonly DecodedEvent[], refused: ReadonlyMap<string, string>) =>
  rehearsal(work.target.pool, async (client) => {
    const state = await BatchState.load(client, events, work.target.history);
    fold(state, work, events, refused);
    await state.save(client);
  });

function fold(
  state: BatchState,
  { rows }: Work,
  events: readonly DecodedEvent[],
  refused: ReadonlyMap<string, string>,
): Settlement {
  const settled: ParkedRow[] = [];
  const skipped: ParkedRow[] = [];
  let failed: Settlement['failed'];
  for (const [i, decoded] of events.entries()) {
    const row = rows[i] as ParkedRow;
    const expected = (state.user(decoded.userId)?.revision ?? -1) + 1;
    if (decoded.recorded.revision !== expected) {
      throw revisionGap(decoded.recorded.stream, expected, decoded.recorded.revision);
    }
    const cause = row.mark === 'skip' ? undefined : tryApply(state, decoded, refused.get(row.event_id));
    if (cause !== undefined) {
      failed = { row, cause };
      break;
    }
    if (row.mark === 'skip') {
      state.skip(decoded);
      skipped.push(row);
    }
    settled.push(row);
  }
  state.touch((rows[0] as ParkedRow).user_id);
  return { settled, skipped, failed };
}
