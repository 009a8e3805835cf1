import type { RecordedEvent } from '../../event-log.ts';
import { arrivals } from './arrivals.ts';
import type { ReadCall } from './connection.ts';
import type { ReadMessage } from './read-message.ts';
import { toReadError } from './unavailable.ts';

/** A read whose next event takes longer than this has lost its event store. */
const SILENCE_MS = 10_000;

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for the next message; {@link SILENCE_MS} unless given, 0 for ever. */
  readonly silenceMs?: number;
}

/**
 * The messages of a call in batches. It is opened when the first is asked for, and cancelled when the reader leaves.
 * @throws EventStoreUnavailable, EventUnreadable
 */
export async function* messages(
  open: () => Promise<ReadCall>,
  { signal, silenceMs = SILENCE_MS }: ReadOptions,
): AsyncGenerator<ReadMessage[], void> {
  let call: ReadCall | undefined;
  try {
    if (signal?.aborted) return;
    call = await open();
    yield* arrivals<ReadMessage>(call, { signal, silenceMs });
  } catch (error) {
    throw toReadError(error);
  } finally {
    call?.cancel();
    // Of a call that is only cancelled the client thinks that the server ended it, and connects anew; and if nobody reads
    // what has arrived of it, it never ends: closing the client waits for it for ever.
    call?.destroy();
  }
}

/** The events of a read, without EventStoreDB's own, and nothing for a stream that is not there. */
export async function* events(
  open: () => Promise<ReadCall>,
  options: ReadOptions,
): AsyncGenerator<RecordedEvent, void> {
  for await (const batch of messages(open, options)) {
    for (const message of batch) {
      if (message.kind === 'unreadable') throw message.error;
      if (message.kind === 'event') yield message.event;
    }
  }
}
