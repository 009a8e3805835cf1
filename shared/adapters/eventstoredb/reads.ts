import { type ResolvedEvent, type StreamingRead, StreamNotFoundError } from '@eventstore/db-client';
import { arrivals } from './arrivals.ts';
import type { RecordedEvent } from './event-log.ts';
import { toRecordedEvent } from './recorded.ts';
import { toReadError } from './unavailable.ts';

/** A read whose next event takes longer than this has lost its event store. */
const SILENCE_MS = 10_000;

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly silenceMs?: number;
}

/**
 * The events of a read, without EventStoreDB's own (of streams whose names start with `$`), and nothing for a stream
 * that is not there. The call is cancelled when the reader leaves early.
 * @throws EventStoreUnavailable, EventUnreadable
 */
export async function* events(
  read: StreamingRead<ResolvedEvent>,
  options: ReadOptions,
): AsyncGenerator<RecordedEvent, void> {
  let ended = false;
  try {
    const { signal, silenceMs = SILENCE_MS } = options;
    for await (const batch of arrivals<ResolvedEvent>(read, { signal, silenceMs })) {
      for (const resolved of batch) {
        if (!resolved.event?.streamId.startsWith('$')) yield toRecordedEvent(resolved);
      }
    }
    ended = !signal?.aborted;
  } catch (error) {
    if (error instanceof StreamNotFoundError) {
      ended = true;
      return;
    }
    throw toReadError(error);
  } finally {
    // A call that could not even be opened has said so already; there is nothing to cancel.
    if (!ended) read.cancel().catch(() => undefined);
  }
}
