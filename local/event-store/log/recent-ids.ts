import type { Place } from './decide.ts';
import type { StoredEvent } from './stored-event.ts';

interface KnownEvent extends Place {
  readonly stream: string;
}

/** Where the last `max` events stand, by their ids. Oldest first out. */
export class RecentIds {
  readonly #max: number;
  readonly #places = new Map<string, KnownEvent>();

  constructor(max: number) {
    this.#max = max;
  }

  add(event: StoredEvent): void {
    this.#places.set(event.id, { stream: event.stream, revision: event.revision, position: event.position });
    if (this.#places.size <= this.#max) return;
    const [oldest] = this.#places.keys();
    if (oldest !== undefined) this.#places.delete(oldest);
  }

  find(id: string, stream: string): Place | undefined {
    const place = this.#places.get(id);
    return place?.stream === stream ? place : undefined;
  }
}
