import { randomUUID } from 'node:crypto';
import type { RecordedEvent } from '../../shared/event-log.ts';
import type { Position } from '../../shared/events/position.ts';
import { userOfStream } from '../../shared/events/streams.ts';
import type { CommandStamp } from '../execute/stamps.ts';
import { type EraseParts, finishErasure } from './erase.ts';

const SWEEP_WINDOW_MS = 7 * 86_400_000;

const erasedUser = (event: RecordedEvent): string | undefined =>
  event.type === 'UserErased' ? userOfStream(event.stream) : undefined;

/**
 * Finishes erasures that a crash cut off behind their `UserErased`. The first sweep of a process looks back through
 * the log by the given window, which has to be longer than any time without a command node; later ones go on from
 * where the last one ended. A sweep that fails begins there again. Asking the vault for users without a tombstone
 * was rejected: it would have to read every user's stream to know who was erased.
 */
export function createSweep(parts: EraseParts): (signal?: AbortSignal) => Promise<number> {
  const { log, clock, sweepWindowMs = SWEEP_WINDOW_MS } = parts.dependencies;
  let sweptTo: Position | undefined;

  async function* lookBack(how: { readonly signal?: AbortSignal }): AsyncIterable<RecordedEvent> {
    const since = clock() - sweepWindowMs;
    for await (const event of log.readAll({ ...how, direction: 'backwards' })) {
      if (event.created.getTime() < since) return;
      yield event;
    }
  }

  return async (signal) => {
    const how = signal ? { signal } : {};
    const forwards = sweptTo !== undefined;
    const events = sweptTo ? log.readAll({ ...how, from: sweptTo, direction: 'forwards' }) : lookBack(how);
    const userIds = new Set<string>();
    let last = sweptTo;
    for await (const event of events) {
      // Backwards, the first event is the log's last.
      last = forwards ? event.position : (last ?? event.position);
      const userId = erasedUser(event);
      if (userId) userIds.add(userId);
    }
    let finished = 0;
    const failures: unknown[] = [];
    for (const userId of userIds) {
      if (signal?.aborted) break;
      const stamp: CommandStamp = {
        commandId: randomUUID(),
        actor: { role: 'system', id: 'erasure-sweep' },
        correlationId: randomUUID(),
      };
      try {
        if (await finishErasure(parts, userId, stamp)) finished += 1;
      } catch (error) {
        failures.push(error); // one user who can't be finished now keeps nobody else's data alive
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} erasures are not finished`);
    // An aborted read ends like a complete one; the next sweep begins where this one did.
    if (!signal?.aborted) sweptTo = last;
    return finished;
  };
}
