import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Executor } from '../../executor.ts';
import type { ToldEnd } from '../../subscriptions/tell-of-end.ts';
import type { DueJob } from '../job.ts';
import { findEnds } from './find.ts';

export interface ExpiryOptions {
  readonly pool: Queryable;
  readonly executor: Pick<Executor, 'tellOfEnd'>;
}

/** Users whose ends are told at the same time: customers' commands have the rest of the node. */
const AT_ONCE = 8;
/** With more the event store is at fault, not a user: the next look goes on. */
const MOST_FAILURES = 100;

/**
 * Tells of subscriptions that end within 7 days, within 1, and of those that have lapsed. The read model finds them, and what it
 * does not have yet it finds a look later; the executor decides, on the user's own state, whether there is something to tell.
 */
export function expiryJob({ pool, executor }: ExpiryOptions): DueJob {
  /** @returns how many were told */
  async function tellAll(
    ends: readonly ToldEnd[],
    signal: AbortSignal,
    failures: unknown[],
  ): Promise<number> {
    const left = ends.values();
    let told = 0;
    const work = async () => {
      for (const end of left) {
        if (signal.aborted || failures.length >= MOST_FAILURES) return;
        try {
          const outcome = await executor.tellOfEnd(end);
          if (outcome.kind === 'done' && outcome.changed && !outcome.repeated) told += 1;
        } catch (error) {
          failures.push(error); // one user who can't be written to now keeps it from nobody else
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return told;
  }

  return {
    name: 'expiry',
    async run(now, signal) {
      const failures: unknown[] = [];
      let told = 0;
      for await (const ends of findEnds(pool, now)) {
        told += await tellAll(ends, signal, failures);
        if (signal.aborted || failures.length >= MOST_FAILURES) break;
      }
      if (failures.length > 0)
        throw new AggregateError(failures, `${failures.length} ends could not be told of`);
      return told;
    },
  };
}
