/**
 * A bounded queue between a source of batches and its consumer. The source is read while the consumer works, up to
 * `limit` items; the consumer takes all that has arrived, up to a number it names.
 */
export class Backlog<T> {
  readonly #limit: number;
  #items: T[] = [];
  #wakeConsumer: (() => void) | undefined;
  #wakeSource: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  /** Ends when the source does, and throws what it threw, both after everything that arrived before. */
  async *through(source: AsyncIterable<readonly T[]>, maxTaken: number): AsyncGenerator<T[], void> {
    this.#items = [];
    const state: { ended: boolean; failure: { error: unknown } | undefined; closed: boolean } = {
      ended: false,
      failure: undefined,
      closed: false,
    };
    void this.#pump(source, state);
    try {
      for (;;) {
        if (this.#items.length > 0) {
          const taken = this.#items.splice(0, maxTaken);
          this.#wakeSource?.();
          yield taken;
        } else if (state.failure) {
          throw state.failure.error;
        } else if (state.ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wakeConsumer = resolve;
          });
        }
      }
    } finally {
      state.closed = true;
      this.#items = [];
      this.#wakeSource?.();
    }
  }

  /** Never rejects: a failure is the consumer's to see. Ends with the source, or at the first item nobody wants. */
  async #pump(
    source: AsyncIterable<readonly T[]>,
    state: { ended: boolean; failure: { error: unknown } | undefined; closed: boolean },
  ): Promise<void> {
    try {
      for await (const arrived of source) {
        if (state.closed) break;
        for (const item of arrived) this.#items.push(item);
        this.#wakeConsumer?.();
        while (this.#items.length >= this.#limit && !state.closed) {
          await new Promise<void>((resolve) => {
            this.#wakeSource = resolve;
          });
        }
        if (state.closed) break;
      }
    } catch (error) {
      state.failure = { error };
    } finally {
      state.ended = true;
      this.#wakeConsumer?.();
    }
  }
}
