import { comparePositions } from '../../shared/event-log/position.ts';
import type { DecodedBatch } from './decode.ts';

export interface WriteBehindOptions {
  readonly write: (batch: DecodedBatch) => Promise<void>;
  /** Events that are kept for the next transaction at most, roughly. */
  readonly maxEvents: number;
  /** Called at once when a write fails; none is begun afterwards. */
  readonly failed: (error: unknown) => void;
}

/**
 * Writes decoded batches in order, one transaction after another. What is added while one is under way goes into the
 * next together, so that transactions are as large as PostgreSQL is slow, and nothing waits that could be written.
 */
export class WriteBehind {
  readonly #options: WriteBehindOptions;
  #next: DecodedBatch[] = [];
  #events = 0;
  #begun = false;
  #tail: Promise<void> = Promise.resolve();
  failure: { readonly error: unknown } | undefined;

  constructor(options: WriteBehindOptions) {
    this.#options = options;
  }

  /** Resolves when there is room for more. */
  async add(batch: DecodedBatch): Promise<void> {
    this.#next.push(batch);
    this.#events += batch.decoded.events.length;
    if (!this.#begun) {
      this.#begun = true;
      this.run(() => this.#writeNext());
    }
    // What was added is in the queue by now. Not until it is empty: other work may go on for minutes, in small pieces.
    if (this.#events >= this.#options.maxEvents) await this.#tail;
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
    const batches = this.#next;
    this.#next = [];
    this.#events = 0;
    this.#begun = false;
    await this.#options.write(joined(batches));
  }
}

function joined(batches: readonly DecodedBatch[]): DecodedBatch {
  const last = batches.at(-1) as DecodedBatch;
  if (batches.length === 1) return last;
  const { stop } = last.decoded;
  return {
    decoded: {
      events: batches.flatMap(({ decoded }) => decoded.events),
      staff: batches.flatMap(({ decoded }) => decoded.staff),
      seen: batches.flatMap(({ decoded }) => decoded.seen),
      count: batches.reduce((sum, { decoded }) => sum + decoded.count, 0),
      last: batches.findLast(({ decoded }) => decoded.last)?.decoded.last,
      ...(stop && { stop }),
    },
    // Repeated by the relay, the last events may stand before those of an earlier batch.
    position: batches.map(({ position }) => position).reduce((a, b) => (comparePositions(a, b) < 0 ? b : a)),
  };
}
