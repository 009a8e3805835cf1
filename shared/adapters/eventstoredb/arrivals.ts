import type { Readable } from 'node:stream';

/** The most that is yielded at once. */
const BATCH = 256;

interface ArrivalsOptions {
  /** Ends the iteration, without error. */
  readonly signal?: AbortSignal | undefined;
  /** The longest wait for the next object. */
  readonly silenceMs?: number;
}

/**
 * What an object stream has buffered, batch by batch: one promise for as many objects as have arrived, where the
 * stream's own iterator makes several for each. Errors are thrown after what arrived before them.
 */
export async function* arrivals<T>(source: Readable, options: ArrivalsOptions): AsyncGenerator<T[], void> {
  let wake: (() => void) | undefined;
  let failure: Error | undefined;
  let ended = false;
  const awake = () => wake?.();
  const end = () => {
    ended = true;
    awake();
  };
  // Stays: a call that is cancelled says so by an error, when nobody reads it any more.
  source.on('error', (error) => {
    failure ??= error;
    awake();
  });
  source.on('readable', awake);
  source.on('end', end);
  options.signal?.addEventListener('abort', awake, { once: true });
  try {
    while (!options.signal?.aborted) {
      const batch = take<T>(source);
      if (batch.length > 0) {
        yield batch;
        continue;
      }
      if (failure) throw failure;
      if (ended) return;
      await new Promise<void>((resolve, reject) => {
        const timer = options.silenceMs && setTimeout(() => reject(new Silence()), options.silenceMs);
        // Not at once: the messages that came in the same packet are decoded one by one, and each says so.
        wake = () => {
          wake = undefined;
          if (timer) clearTimeout(timer);
          setImmediate(resolve);
        };
      });
    }
  } finally {
    source.off('readable', awake);
    options.signal?.removeEventListener('abort', awake);
  }
}

/** Nothing came for too long. */
export class Silence extends Error {
  readonly code = 'event_store_silent';
  constructor() {
    super('the event store stopped answering');
    this.name = 'Silence';
  }
}

function take<T>(source: Readable): T[] {
  const batch: T[] = [];
  while (batch.length < BATCH) {
    const object = source.read() as T | null;
    if (object === null) break;
    batch.push(object);
  }
  return batch;
}
