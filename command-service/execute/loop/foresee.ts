import { userStream } from '../../../shared/events/streams.ts';
import type { ExecutorDependencies } from '../../dependencies.ts';
import type { UserStates } from '../states/user-states.ts';
import { contextFor, type Decided, decideCommand, type Job } from './decide-command.ts';
import type { UserQueue } from './user-queue.ts';

/**
 * What a command comes to on the state of this moment, with nothing written: asked before something is reserved that is worth
 * nothing without the command's events. An answer that is no events is final; events have been checked as if they were
 * written.
 * @throws EventInvalid, EventNotEnabled
 */
export type Foresee = (job: Job) => Promise<Decided>;

export interface ForeseeParts {
  readonly dependencies: Pick<ExecutorDependencies, 'clock' | 'catalogue' | 'codec'>;
  readonly states: UserStates;
  readonly queue: UserQueue;
}

export function createForesee({ dependencies, states, queue }: ForeseeParts): Foresee {
  return (job) =>
    queue.run(job.userId, async () => {
      const state = await states.readToEnd(job.userId);
      const decided = await decideCommand(job, state, contextFor(state, job, dependencies));
      if (decided.kind === 'events') {
        const stream = userStream(job.userId);
        for (const event of decided.events) dependencies.codec.check(event, stream);
      }
      return decided;
    });
}
