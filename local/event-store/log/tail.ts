import type { StoredEvent } from './stored-event.ts';

/** An event as it goes over the wire, with what filters look at. */
export interface EncodedEvent {
  readonly position: number;
  readonly stream: string;
  readonly type: string;
  readonly message: Buffer;
}

/**
 * The last events of the log in memory, bounded in bytes, encoded once for all subscribers. Positions have no gaps, so
 * an event's index is its position less the first one's.
 */
export class Tail {
  readonly #maxBytes: number;
  readonly #encode: (event: StoredEvent) => EncodedEvent;
  #entries: EncodedEvent[] = [];
  /** How many of the first entries don't count any more, and their bytes. */
  #dropped = 0;
  #droppedBytes = 0;
  #bytes = 0;
  #next: number;

  constructor(options: { next: number; maxBytes: number; encode: (event: StoredEvent) => EncodedEvent }) {
    this.#next = options.next;
    this.#maxBytes = options.maxBytes;
    this.#encode = options.encode;
  }

  /** Forgets everything and goes on at `next`: what lies in between is only in the database. */
  restart(next: number): void {
    this.#entries = [];
    this.#dropped = 0;
    this.#droppedBytes = 0;
    this.#bytes = 0;
    this.#next = next;
  }

  append(events: readonly StoredEvent[]): void {
    for (const { position } of events) {
      if (position !== this.#next) throw new Error(`position ${position} does not follow ${this.#next - 1}`);
      this.#next++;
    }
    for (const entry of packed(events.map((event) => this.#encode(event)))) {
      this.#entries.push(entry);
      this.#bytes += entry.message.length;
    }
    while (this.#bytes > this.#maxBytes && this.#dropped < this.#entries.length - 1) {
      const { length } = (this.#entries[this.#dropped] as EncodedEvent).message;
      this.#bytes -= length;
      this.#droppedBytes += length;
      this.#dropped++;
    }
    // The array is cut now and then only: shifting it for each event costs its length every time.
    if (this.#droppedBytes > this.#maxBytes / 8) {
      this.#entries = this.#entries.slice(this.#dropped);
      this.#dropped = 0;
      this.#droppedBytes = 0;
    }
  }

  /** At most `limit` events from `position` on; undefined if the first of them is no longer (or not yet) here. */
  from(position: number, limit: number): readonly EncodedEvent[] | undefined {
    const first = this.#next - (this.#entries.length - this.#dropped);
    if (position < first || position >= this.#next) return undefined;
    const start = this.#dropped + position - first;
    return this.#entries.slice(start, start + limit);
  }
}

/**
 * The same messages in memory of their own. A small buffer is cut from a block that everything else in the process cuts its own from,
 * and keeps all of it: ten times an event's size, for as long as the event is kept.
 */
function packed(entries: readonly EncodedEvent[]): EncodedEvent[] {
  const block = Buffer.allocUnsafeSlow(entries.reduce((sum, { message }) => sum + message.length, 0));
  let at = 0;
  return entries.map((entry) => {
    const message = block.subarray(at, at + entry.message.copy(block, at));
    at += message.length;
    return { ...entry, message };
  });
}
