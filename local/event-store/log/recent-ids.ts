import type { Place } from './decide.ts';
import type { StoredEvent } from './stored-event.ts';

interface KnownEvent extends Place {
  readonly stream: string;
}

/**
 * Where the last `max` event ids were first used; the one used longest ago goes first. An id that is used again, in
 * whichever stream, keeps its first place: a repeat of that first append is still known.
 */
export class RecentIds {
  readonly #max: number;
  readonly #places = new Map<string, KnownEvent>();

  constructor(max: number) {
    this.#max = max;
  }

  add(event: StoredEvent): void {
    if (this.#places.has(event.id)) return;
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
