import { randomUUID } from 'node:crypto';
import type { ExecutorDependencies } from '../dependencies.ts';
import type { UserQueue } from '../execute/loop/user-queue.ts';
import { type LogInRequest, type Outcome, refused } from '../execute/requests.ts';
import type { UserStates } from '../execute/states/user-states.ts';
import { credentialsOf, passwordFits } from './credentials.ts';
import type { Emails } from './email/emails.ts';
import { UNKNOWN_REQUESTER } from './hashing-queue.ts';

interface Parts {
  readonly dependencies: ExecutorDependencies;
  readonly states: UserStates;
  readonly queue: UserQueue;
  readonly emails: Emails;
}

/**
 * Logs in, on the write side, because the log alone knows the password of this moment. An unknown email costs the
 * same reads (of a user who does not exist) and the same hashing as a known one with a wrong password.
 */
export function createLogIn({ dependencies, states, queue, emails }: Parts) {
  const { clock, vault } = dependencies;
  return async ({ email, password, requester = UNKNOWN_REQUESTER }: LogInRequest): Promise<Outcome> => {
    const now = clock(); // first, so that a node whose clock is wrong answers nothing
    const held = await emails.holderOf(email);
    const holder = held?.userId ?? randomUUID();
    const account = held?.userId ?? (await vault.emailDigest(email));
    const { revision, position, lastEventAt, credentials } = await queue.run(holder, async () => {
      const state = await states.readToEnd(holder);
      // An email that is only reserved for them, or that they have yet to release, is not theirs.
      const isTheirs = state.account.emailDigest === held?.digest;
      return { ...state, credentials: isTheirs ? credentialsOf(state) : undefined };
    });
    if (!(await passwordFits(dependencies, credentials, password, requester, account)))
      return refused({ code: 'invalid_credentials' });
    return {
      kind: 'done',
      userId: holder,
      subject: { kind: 'user' },
      at: Math.max(now, lastEventAt),
      revision,
      position,
      changed: false,
      repeated: false,
      // As of the state whose password was verified: a change made meanwhile ends the token.
      tokenRevision: revision,
    };
  };
}
