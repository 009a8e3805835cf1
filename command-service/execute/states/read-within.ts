import { EventStoreUnavailable } from '../../../shared/event-log/errors.ts';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';

/**
 * The events of a read that ends when `deadline` fires. A read that is aborted ends like one that is complete; here it
 * fails instead, because half a stream must never pass for all of it.
 * @throws EventStoreUnavailable the time is up; and what the read throws
 */
export async function* readWithin(
  deadline: AbortSignal,
  read: (signal: AbortSignal) => AsyncIterable<RecordedEvent>,
): AsyncGenerator<RecordedEvent, void> {
  try {
    yield* read(deadline);
  } catch (error) {
    if (!deadline.aborted) throw error;
    throw new EventStoreUnavailable({ cause: error });
  }
  if (deadline.aborted) throw new EventStoreUnavailable({ cause: deadline.reason });
}
