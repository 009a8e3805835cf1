import type { DecodedBatch } from './read-model-writer.ts';

export interface WriteBehindOptions {
  readonly write: (batch: DecodedBatch) => Promise<void>;
  /** Events that are kept for the next transaction at most. */
  readonly maxEvents: number;
  /** Told at once when a write fails; none is begun afterwards. */
  readonly failed: (error: unknown) => void;
}

/**
 * Writes decoded batches in order, one transaction after another. What is added while one is under way goes into the
 * next together, so that transactions are as large as PostgreSQL is slow, and nothing waits that could be written.
 */
export class WriteBehind {
  readonly #options: WriteBehindOptions;
  #next: DecodedBatch | undefined;
  #tail: Promise<void> = Promise.resolve();
  failure: { readonly error: unknown } | undefined;

  constructor(options: WriteBehindOptions) {
    this.#options = options;
  }

  /** Resolves when there is room for more. */
  async add(batch: DecodedBatch): Promise<void> {
    if (this.#next) this.#next = joined(this.#next, batch);
    else {
      this.#next = batch;
      this.run(() => this.#writeNext());
    }
    if (this.#next.decoded.events.length >= this.#options.maxEvents) await this.idle();
  }

  /** Does other work between two transactions. */
  run(work: () => Promise<void>): void {
    this.#tail = this.#tail
      .then(() => (this.failure ? undefined : work()))
      .catch((error: unknown) => {
        this.failure ??= { error };
        this.#options.failed(error);
      });
  }

  /** Resolves when everything that was added is written, or has failed; never rejects. */
  async idle(): Promise<void> {
    for (let tail: Promise<void> | undefined; tail !== this.#tail; ) {
      tail = this.#tail;
      await tail;
    }
  }

  async #writeNext(): Promise<void> {
    const batch = this.#next;
    this.#next = undefined;
    if (batch) await this.#options.write(batch);
  }
}

const joined = (first: DecodedBatch, second: DecodedBatch): DecodedBatch => ({
  decoded: {
    events: [...first.decoded.events, ...second.decoded.events],
    count: first.decoded.count + second.decoded.count,
    last: second.decoded.last ?? first.decoded.last,
    ...(second.decoded.stop && { stop: second.decoded.stop }),
  },
  position: second.position,
});
