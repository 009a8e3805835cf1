import { randomBytes } from 'node:crypto';
import { uuidv7 } from '../../shared/ids.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import type { Context, Decision } from '../domain/decision.ts';
import { type CommandRecord, recentCommand, type UserState } from '../domain/user-state.ts';
import { type Done, type Outcome, type Refusal, type Refused, refused } from './requests.ts';
import type { CommandStamp } from './stamps.ts';

/** One command about one user, ready to be carried out. */
export interface Job {
  readonly userId: string;
  readonly stamp: CommandStamp;
  /** Refuses a caller who may not ask this of this state. `record`: the command was carried out before. */
  readonly admit?: (state: UserState, record: CommandRecord | undefined) => Refusal | undefined;
  readonly ifMatch?: readonly number[] | undefined;
  /** May be asked several times, each time with a later state. */
  readonly decide: (state: UserState, context: Context) => Decision | Refused | Promise<Decision | Refused>;
  /** Asked before a repeated command is answered. */
  readonly repeat?: (state: UserState, record: CommandRecord) => Promise<Refusal | undefined>;
}

/** An answer, or the events that would have to be appended first. */
export type Considered = Outcome | Extract<Decision, { kind: 'events' }>;

/** The decider's time is the later of the node's clock and the last event's time, so it never goes back. */
export function contextFor(
  state: UserState,
  job: Job,
  { clock, plans }: Pick<ExecutorDependencies, 'clock' | 'plans'>,
): Context {
  const now = Math.max(clock(), state.lastEventAt);
  const newId = (atMs = now) => uuidv7(atMs, randomBytes(10));
  return { now, newId, plans, role: job.stamp.actor.role };
}

/** The answer to a command that left this record. */
export const answerOf = (userId: string, record: CommandRecord, repeated: boolean): Done => {
  const { subject, at, revision, position } = record;
  return { kind: 'done', userId, subject, at, revision, position, changed: true, repeated };
};

async function again(job: Job, state: UserState, record: CommandRecord): Promise<Outcome> {
  if (record.requestDigest !== job.stamp.requestDigest) return refused({ code: 'idempotency_key_reused' });
  const refusal = await job.repeat?.(state, record);
  return refusal ? refused(refusal) : answerOf(job.userId, record, true);
}

/** What a command comes to on this state: who asks, whether it is a repeat, its precondition, then the rules. */
export async function consider(job: Job, state: UserState, context: Context): Promise<Considered> {
  const record = recentCommand(state, job.stamp.commandId, context.now);
  const notAdmitted = job.admit?.(state, record);
  if (notAdmitted) return refused(notAdmitted);
  if (record) return again(job, state, record);
  const { userId, revision, position } = state;
  if (job.ifMatch && !job.ifMatch.includes(revision))
    return refused({ code: 'precondition_failed', revision });
  const decision = await job.decide(state, context);
  if (decision.kind !== 'nothing') return decision;
  const { subject } = decision;
  return {
    kind: 'done',
    userId,
    subject,
    at: context.now,
    revision,
    position,
    changed: false,
    repeated: false,
  };
}
