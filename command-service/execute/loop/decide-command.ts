import { randomBytes } from 'node:crypto';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import { sideOf } from '../../../shared/subscription-status.ts';
import type { ExecutorDependencies } from '../../dependencies.ts';
import type { Context, Decision } from '../../domain/decision.ts';
import { findRecentCommand, type RecentCommand, type StreamState } from '../../domain/stream-state.ts';
import type { UserState } from '../../domain/user-state.ts';
import { type Done, type Outcome, type Refusal, type Refused, refused } from '../requests.ts';
import type { CommandStamp } from '../stamps.ts';

/** One command about one user, or one service account, ready to be executed. */
export interface Job<S extends StreamState = UserState, E = NewUserEvent> {
  /** Whose stream it is: a user's id, or a service account's. */
  readonly userId: string;
  readonly stamp: CommandStamp;
  /** Refuses a caller who may not ask this of this state. `earlier`: the command was executed before. */
  readonly admit?: (state: S, earlier: RecentCommand | undefined) => Refusal | undefined;
  readonly ifMatch?: readonly number[] | undefined;
  /** May be asked several times, each time with a later state. */
  readonly decide: (state: S, context: Context) => Decision<E> | Refused | Promise<Decision<E> | Refused>;
  /** Asked before a repeated command is answered. */
  readonly repeat?: (state: S, earlier: RecentCommand) => Promise<Refusal | undefined>;
}

/** An answer, or the events that would have to be appended first. */
export type Decided<E = NewUserEvent> = Outcome | Extract<Decision<E>, { kind: 'events' }>;

/** The decider's time is the later of the node's clock and the last event's time, so it never goes back. */
export function contextFor(
  state: StreamState,
  job: Pick<Job, 'stamp'>,
  { clock, catalogue }: Pick<ExecutorDependencies, 'clock' | 'catalogue'>,
): Context {
  const now = Math.max(clock(), state.lastEventAt);
  const newId = (atMs = now) => uuidv7(atMs, randomBytes(10));
  return { now, newId, catalogue, by: sideOf(job.stamp.actor.role) };
}

/** The answer to a command by what is remembered of it. */
export const answerOf = (userId: string, earlier: RecentCommand, repeated: boolean): Done => {
  const { subject, at, revision, position } = earlier;
  return { kind: 'done', userId, subject, at, revision, position, changed: true, repeated };
};

async function again<S extends StreamState, E>(
  job: Job<S, E>,
  state: S,
  earlier: RecentCommand,
): Promise<Outcome> {
  if (earlier.requestDigest !== job.stamp.requestDigest) return refused({ code: 'idempotency_key_reused' });
  const refusal = await job.repeat?.(state, earlier);
  return refusal ? refused(refusal) : answerOf(job.userId, earlier, true);
}

/** What a command comes to on this state: who asks, whether it is a repeat, its precondition, then the rules. */
export async function decideCommand<S extends StreamState, E>(
  job: Job<S, E>,
  state: S,
  context: Context,
): Promise<Decided<E>> {
  const earlier = findRecentCommand(state, job.stamp.commandId, context.now);
  const notAdmitted = job.admit?.(state, earlier);
  if (notAdmitted) return refused(notAdmitted);
  if (earlier) return again(job, state, earlier);
  const { revision, position } = state;
  if (job.ifMatch && !job.ifMatch.includes(revision))
    return refused({ code: 'precondition_failed', revision });
  const decision = await job.decide(state, context);
  if (decision.kind !== 'nothing') return decision;
  const { subject } = decision;
  return {
    kind: 'done',
    userId: job.userId,
    subject,
    at: context.now,
    revision,
    position,
    changed: false,
    repeated: false,
  };
}
