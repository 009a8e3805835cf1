import type { RecordedEvent } from '../../shared/event-log.ts';
import { EventStoreUnavailable } from '../../shared/event-log-errors.ts';

/**
 * The events of a read that has to end in time. A read that is aborted ends like one that is complete; here it
 * fails instead, because half a stream must never pass for all of it.
 * @throws EventStoreUnavailable the time is up; and what the read throws
 */
export async function* readWithin(
  deadlineMs: number,
  read: (signal: AbortSignal) => AsyncIterable<RecordedEvent>,
): AsyncGenerator<RecordedEvent, void> {
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    yield* read(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new EventStoreUnavailable({ cause: error });
  }
  if (signal.aborted) throw new EventStoreUnavailable({ cause: signal.reason });
}
