import { ProjectionFault } from '../../shared/read-model/fold/fault.ts';
import { type FeedStop, revisionGap } from '../errors.ts';
import { AFTER_ANOTHER, type ParkedEvent, type ParkedUsers } from '../parked/parked-events.ts';
import type { BatchState } from './batch/batch-state.ts';
import type { DecodedEvent } from './decode.ts';

/** What is known of single events and users before a batch is folded. */
export interface FoldContext {
  /** Users with parked events: their later events are parked as well. */
  readonly parked: ParkedUsers;
  /** Events that an operator skipped. */
  readonly skipped: ReadonlySet<string>;
  /** Events that PostgreSQL refused the rows of → why. */
  readonly refused: ReadonlyMap<string, string>;
}

/** A gap in front of one of the batch's events: those before it can be applied without it. */
export class GapInBatch extends Error {
  readonly code = 'gap_in_batch';
  readonly index: number;
  readonly stop: FeedStop;
  constructor(index: number, stop: FeedStop) {
    super(stop.message);
    this.name = 'GapInBatch';
    this.index = index;
    this.stop = stop;
  }
}

/**
 * Applies events in order to the rows in `state`. A user's events count by their revisions: one at or below the last
 * is a duplicate, one that isn't the next a gap. What can't be applied is returned, to be parked, with the later
 * ones of the same user.
 * @throws GapInBatch
 */
export function foldEvents(
  state: BatchState,
  events: readonly DecodedEvent[],
  context: FoldContext,
): ParkedEvent[] {
  const parked: ParkedEvent[] = [];
  const parkedNow = new Map<string, number>();
  const setAside = (decoded: DecodedEvent, cause: string) => {
    parked.push({ decoded, cause });
    parkedNow.set(decoded.userId, decoded.recorded.revision);
    state.touch(decoded.userId);
  };
  for (const [index, event] of events.entries()) {
    const { userId } = event;
    const lastParked = parkedNow.get(userId) ?? context.parked.get(userId);
    const expected = (lastParked ?? state.user(userId)?.revision ?? -1) + 1;
    const decoded = event.endsStream
      ? { ...event, recorded: { ...event.recorded, revision: expected } }
      : event;
    const { recorded } = decoded;
    if (recorded.revision < expected) continue;
    if (recorded.revision > expected) {
      throw new GapInBatch(index, revisionGap(recorded.stream, expected, recorded.revision));
    }
    if (lastParked !== undefined) setAside(decoded, AFTER_ANOTHER);
    else if (context.skipped.has(recorded.id)) state.skip(decoded);
    else {
      const fault = tryApply(state, decoded, context.refused.get(recorded.id));
      if (fault !== undefined) setAside(decoded, fault);
    }
  }
  return parked;
}

/** Applies an event, or says why it can't be. */
export function tryApply(state: BatchState, decoded: DecodedEvent, refused?: string): string | undefined {
  if (refused !== undefined) return refused;
  try {
    state.apply(decoded);
    return undefined;
  } catch (error) {
    if (error instanceof ProjectionFault) return error.message;
    throw error;
  }
}
