import { OutcomeUnknown, WrongExpectedRevision } from '../../shared/event-log/errors.ts';
import { userStream } from '../../shared/events/streams.ts';
import type { NewUserEvent } from '../../shared/events/types.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import { initialState } from '../domain/user-state.ts';
import type { Append } from '../execute/loop/append.ts';
import { contextFor, type Job } from '../execute/loop/decide-command.ts';
import { metadataOf } from '../execute/stamps.ts';
import type { Reservations } from '../reservations/reservations.ts';
import type { ImportedCustomer } from './customer.ts';
import type { ImportIds } from './decide-customer.ts';
import type { Digests } from './parts.ts';

interface Parts {
  readonly dependencies: Pick<ExecutorDependencies, 'clock' | 'catalogue' | 'codec'>;
  readonly append: Append;
  readonly reservations: Reservations;
}

const NOBODY = { holder: undefined, revision: -1 } as const;

/** A customer of whom nothing is there, as far as anybody knows. */
export interface Newcomer {
  readonly customer: ImportedCustomer;
  readonly digests: Digests;
  readonly ids: ImportIds;
  readonly job: Job;
}

/**
 * Takes over a customer without a look at what is there: every append expects that nothing is. Almost every customer of an
 * import is new, and reading first took four times the time: six reads and five appends for each, instead of the appends alone.
 *
 * What the rules refuse is refused before anything is written. What is another's is found by the append that it meets, and an
 * external id may then be reserved for a user who never comes to be: the next try, with what was mended, makes that user.
 * @returns how many events; undefined if something is there, or it can't be known: then it has to be read
 */
export function createFirstTime({ dependencies, append, reservations }: Parts) {
  const { clock, codec } = dependencies;

  async function reserveParts({
    customer,
    digests,
    ids,
    job: { userId, stamp },
  }: Newcomer): Promise<boolean> {
    const email = digests.email;
    const all = await Promise.all([
      email === undefined ? true : reservations.reserve('email', email, NOBODY, { userId }, stamp),
      ...customer.subscriptions.map((_, at) => {
        const holder = { userId, id: ids.subscriptions[at] as string };
        return reservations.reserve('external', digests.subscriptions[at] as string, NOBODY, holder, stamp);
      }),
      ...ids.licenseKeys.map(({ keyId, keyDigest }) =>
        reservations.reserve('key', keyDigest, NOBODY, { userId, id: keyId }, stamp),
      ),
    ]);
    return !all.includes(false);
  }

  async function write({ userId, stamp }: Job, events: readonly NewUserEvent[]): Promise<boolean> {
    const stream = userStream(userId);
    const metadata = metadataOf(stamp, clock());
    const encoded = [];
    for (const [index, event] of events.entries())
      encoded.push(await codec.encode(event, { stream, index, metadata }));
    try {
      await append(stream, 'no_stream', encoded);
      return true;
    } catch (error) {
      if (error instanceof WrongExpectedRevision || error instanceof OutcomeUnknown) return false;
      throw error;
    }
  }

  return async (newcomer: Newcomer): Promise<number | undefined> => {
    const { digests, job } = newcomer;
    const { userId, stamp } = job;
    const state = initialState(userId);
    const decision = await job.decide(state, contextFor(state, job, dependencies));
    // A refusal is said by whoever has read.
    if (decision.kind !== 'events') return undefined;
    for (const event of decision.events) codec.check(event, userStream(userId));
    const isNew = await reservations.reserve('external', digests.external, NOBODY, { userId }, stamp);
    if (!isNew || !(await reserveParts(newcomer))) return undefined;
    return (await write(job, decision.events)) ? decision.events.length : undefined;
  };
}
