import { isStaffEvent } from '../../shared/events/codec.ts';
import { staffStream } from '../../shared/events/streams.ts';
import type { NewStaffEvent, StaffEvent } from '../../shared/events/types.ts';
import type { StaffAccount } from '../../shared/staff/account.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import { evolveStaff, initialStaff, type StaffState, staffBytes } from '../domain/staff/state.ts';
import { createAppend } from '../execute/loop/append.ts';
import { createExecuteCommand, type ExecuteCommand } from '../execute/loop/execute-command.ts';
import { UserQueue } from '../execute/loop/user-queue.ts';
import type { Aggregate } from '../execute/states/aggregate.ts';
import { FoldedStates } from '../execute/states/folded-states.ts';

const STAFF: Aggregate<StaffState, StaffEvent> = {
  streamOf: staffStream,
  idOf: ({ staffId }) => staffId,
  initial: initialStaff,
  isOwn: isStaffEvent,
  evolve: evolveStaff,
  bytes: staffBytes,
  mayBeSaved: () => false,
};

/**
 * For how long a state that was read to its end is believed about tokens: half of the time within which a change is seen
 * everywhere. A billing system that asks a hundred times a second costs twenty reads.
 */
const BELIEVED_MS = 50;
/** Far more than a company has members of staff. */
const MAX_BYTES = 16 * 2 ** 20;

/** The streams of staff on one command node: of people and of service accounts. */
export interface StaffStreams {
  readonly execute: ExecuteCommand<StaffState, NewStaffEvent>;
  /** What `see` takes out of the state as it is now, while nobody else works on it. */
  read<T>(staffId: string, see: (state: StaffState) => T): Promise<T>;
  /** By a state that is {@link BELIEVED_MS} old at most. */
  recent(staffId: string): Promise<StaffAccount | undefined>;
}

type StreamDependencies = Pick<
  ExecutorDependencies,
  | 'log'
  | 'codec'
  | 'clock'
  | 'catalogue'
  | 'appendDeadlineMs'
  | 'readDeadlineMs'
  | 'retryForMs'
  | 'onAppend'
  | 'pause'
>;

/** Its methods throw what {@link Executor}'s do. */
export function createStaffStreams(dependencies: StreamDependencies): StaffStreams {
  const { log, codec, readDeadlineMs } = dependencies;
  const states = new FoldedStates({
    aggregate: STAFF,
    log,
    reader: codec,
    maxBytes: MAX_BYTES,
    readDeadlineMs,
  });
  const queue = new UserQueue();
  const append = createAppend(dependencies);
  /** Account → when the read began that its kept state is from, by this process's own clock. */
  const readAt = new Map<string, number>();
  return {
    execute: createExecuteCommand<StaffState, StaffEvent, NewStaffEvent>({
      ...{ dependencies, states, queue, append },
    }),
    read: (staffId, see) => queue.run(staffId, async () => see(await states.readToEnd(staffId))),
    /** In the queue, so that of many who ask at once one reads for all. */
    recent: (staffId) =>
      queue.run(staffId, async () => {
        const began = performance.now();
        const kept = began - (readAt.get(staffId) ?? Number.NEGATIVE_INFINITY) < BELIEVED_MS;
        const state = (kept && states.peek(staffId)) || (await states.readToEnd(staffId));
        if (!kept) readAt.set(staffId, began);
        return state.account;
      }),
  };
}
