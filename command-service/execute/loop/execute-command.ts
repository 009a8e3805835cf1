import { setTimeout as wait } from 'node:timers/promises';
import {
  EventStoreUnavailable,
  OutcomeUnknown,
  WrongExpectedRevision,
} from '../../../shared/event-log/errors.ts';
import type { NewEvent } from '../../../shared/event-log/event-log.ts';
import type { NewEventOfOurs } from '../../../shared/events/codec.ts';
import type { AnyEvent, NewUserEvent, UserEvent } from '../../../shared/events/types.ts';
import { DataKeyErased } from '../../../shared/vault/errors.ts';
import type { ExecutorDependencies } from '../../dependencies.ts';
import { findRecentCommand, type StreamState } from '../../domain/stream-state.ts';
import type { UserState } from '../../domain/user-state.ts';
import { type Outcome, refused } from '../requests.ts';
import { metadataOf } from '../stamps.ts';
import type { FoldedStates } from '../states/folded-states.ts';
import type { Append } from './append.ts';
import { answerOf, contextFor, decideCommand, type Job } from './decide-command.ts';
import type { UserQueue } from './user-queue.ts';

/** Executes one command in the queue of its user (or service account). */
export type ExecuteCommand<S extends StreamState = UserState, E = NewUserEvent> = (
  job: Job<S, E>,
) => Promise<Outcome>;

export interface ExecuteCommandParts<S extends StreamState, R extends AnyEvent> {
  readonly dependencies: Pick<ExecutorDependencies, 'clock' | 'catalogue' | 'codec' | 'retryForMs' | 'pause'>;
  readonly states: FoldedStates<S, R>;
  readonly queue: UserQueue;
  readonly append: Append;
}

/** Events ready to append after a revision. Sent again they are the very same, so they are appended once at most. */
interface Ready {
  readonly events: readonly NewEvent[];
  readonly after: number;
  readonly now: number;
}

/** What a try left: an outcome, or what the next one has to know. */
type Tried =
  | { readonly outcome: Outcome }
  | { readonly outcome?: never; readonly pending?: Ready; readonly cause: Error };

/**
 * For how long a command is decided again because others wrote first. Counting tries instead was rejected: a node
 * that works off a line of commands appends with every round trip, while one that lost has to read first; of 200
 * commands at once over two nodes, one lost twelve times in a row.
 */
const RETRY_FOR_MS = 5_000;
/** So often at least, however long an append of unknown outcome took: the stream is read before it is given up. */
const MIN_TRIES = 3;
const MAX_PAUSE_MS = 50;

/**
 * Load, decide, append, and again if others were faster. The usual command decides on the kept state and costs one
 * append, whose expected revision proves that state right; any other answer is given only from a state read to the
 * stream's end after the command came.
 */
export function createExecuteCommand<
  S extends StreamState = UserState,
  R extends AnyEvent = UserEvent,
  E extends NewEventOfOurs = NewUserEvent,
>({ dependencies, states, queue, append }: ExecuteCommandParts<S, R>): ExecuteCommand<S, E> {
  const { codec, pause, retryForMs = RETRY_FOR_MS } = dependencies;

  async function encode(job: Job<S, E>, after: number, events: readonly E[], now: number) {
    const stream = states.streamOf(job.userId);
    const metadata = metadataOf(job.stamp, now);
    const encoded: NewEvent[] = [];
    // One after another: the first may make the data key that the others are sealed with.
    for (const [index, event] of events.entries())
      encoded.push(await codec.encode(event, { stream, index, metadata }));
    return { events: encoded, after, now };
  }

  /** @throws OutcomeUnknown instead of EventStoreUnavailable, which would say that nothing was done */
  async function readAfterAppend(userId: string): Promise<S> {
    try {
      return await states.readToEnd(userId);
    } catch (error) {
      throw error instanceof EventStoreUnavailable ? new OutcomeUnknown({ cause: error }) : error;
    }
  }

  async function write(job: Job<S, E>, state: S, ready: Ready): Promise<Outcome> {
    const { userId, stamp } = job;
    const { commandId } = stamp;
    const stream = states.streamOf(userId);
    await pause?.('append.before', { userId, commandId });
    const expected = ready.after < 0 ? 'no_stream' : ready.after;
    const { revision, position } = await append(stream, expected, ready.events);
    await pause?.('append.after', { userId, commandId });
    const [event, ...others] = ready.events;
    // The position of a single event is in the answer; of several, only the last one's is.
    let after = state;
    if (event && others.length === 0 && revision === state.revision + 1) {
      states.append(state, { ...event, stream, revision, position, created: new Date(ready.now) });
    } else {
      after = await readAfterAppend(userId);
    }
    const earlier = findRecentCommand(after, commandId, ready.now);
    if (!earlier) throw new Error(`an append to ${stream} left no trace of its command`);
    return answerOf(userId, earlier, false);
  }

  /** The answer, or the events ready to append, on the kept state where that will do. */
  async function prepare(job: Job<S, E>, kept: S | undefined, pending: Ready | undefined) {
    let state = kept ?? (await states.readToEnd(job.userId));
    // Nothing has come since the append whose outcome is unknown: it may still land, so nothing else may be tried.
    if (pending?.after === state.revision) return { state, ready: pending };
    let context = contextFor(state, job, dependencies);
    let answer = await decideCommand(job, state, context);
    if (kept && answer.kind !== 'events') {
      state = await states.readToEnd(job.userId);
      context = contextFor(state, job, dependencies);
      answer = await decideCommand(job, state, context);
    }
    if (answer.kind !== 'events') return { state, answer };
    return { state, ready: await encode(job, state.revision, answer.events, context.now) };
  }

  async function attempt(job: Job<S, E>, kept: S | undefined, pending: Ready | undefined): Promise<Tried> {
    let ready = pending;
    try {
      const prepared = await prepare(job, kept, pending);
      if (prepared.answer) return { outcome: prepared.answer };
      ready = prepared.ready;
      return { outcome: await write(job, prepared.state, prepared.ready) };
    } catch (error) {
      if (error instanceof WrongExpectedRevision || error instanceof DataKeyErased) return { cause: error };
      if (error instanceof OutcomeUnknown && ready) return { cause: error, pending: ready };
      if (error instanceof EventStoreUnavailable && pending) throw new OutcomeUnknown({ cause: error });
      throw error;
    }
  }

  async function executeCommand(job: Job<S, E>): Promise<Outcome> {
    let kept = states.peek(job.userId);
    let last: Exclude<Tried, { outcome: Outcome }> | undefined;
    const until = performance.now() + retryForMs;
    for (let tries = 1; tries <= MIN_TRIES || performance.now() < until; tries += 1) {
      const tried = await attempt(job, kept, last?.pending);
      if (tried.outcome) return tried.outcome;
      last = tried;
      kept = undefined;
      await wait(Math.random() * Math.min(2 ** tries, MAX_PAUSE_MS));
    }
    if (last?.cause instanceof WrongExpectedRevision) return refused({ code: 'conflict' });
    throw last?.cause;
  }

  return (job) => queue.run(job.userId, () => executeCommand(job));
}
