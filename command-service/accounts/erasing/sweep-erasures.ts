import { randomUUID } from 'node:crypto';
import type { CommandStamp } from '../../execute/stamps.ts';
import { type EraseParts, finishErasure } from './erase.ts';

/**
 * Finishes erasures that a crash or a store that was unavailable cut off: all that have begun and are not finished. One
 * (of a user, or of a person of the staff) whose event was never appended is forgotten after an hour: then nothing was promised.
 * @returns how many had something left to do, until the signal aborted
 */
export function createSweep(
  parts: EraseParts & { readonly finishRemoval: (id: string) => Promise<boolean> },
): (signal?: AbortSignal) => Promise<number> {
  const { states, queue, dependencies, finishRemoval } = parts;
  const { erasures } = dependencies;
  const stampOf = (): CommandStamp => ({
    commandId: randomUUID(),
    actor: { role: 'system', id: 'erasure-sweep' },
    correlationId: randomUUID(),
  });

  return async (signal) => {
    let finished = 0;
    const failures: unknown[] = [];
    for (const { userId, isOld } of await erasures.list()) {
      if (signal?.aborted) break;
      try {
        const status = await queue.run(userId, async () => (await states.readToEnd(userId)).account.status);
        if (status === 'erased') finished += (await finishErasure(parts, userId, stampOf())) ? 1 : 0;
        else if (await finishRemoval(userId)) finished += 1;
        else if (isOld) await erasures.forget(userId);
      } catch (error) {
        failures.push(error); // one user who can't be finished now keeps nobody else's data alive
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} erasures are not finished`);
    return finished;
  };
}
