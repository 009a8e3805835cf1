import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { type DataKey, ERASED, type Erased } from './personal.ts';

export interface KeyCacheOptions {
  readonly clock: Clock;
  /** Most keys kept; the least recently used goes first. One takes about 400 bytes. */
  readonly maxKeys?: number;
  /** How long a key is used after it was read, in milliseconds. */
  readonly maxAgeMs?: number;
}

/**
 * Unwrapped data keys in memory. A key's age counts from its reading and is never renewed by use, so a key erased
 * by another node is gone from here within `maxAgeMs`; one erased through this node is gone at once. Within that
 * bound the erased key can open nothing new: whoever has read the user's `UserErased` asks for no key any more.
 */
export class KeyCache {
  readonly #entries: LRUCache<string, { readonly key: DataKey | Erased; readonly until: number }>;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;

  constructor({ clock, maxKeys = 20_000, maxAgeMs = 5 * 60_000 }: KeyCacheOptions) {
    this.#clock = clock;
    this.#entries = new LRUCache({ max: maxKeys });
    this.#maxAgeMs = maxAgeMs;
  }

  get(userId: string): DataKey | Erased | undefined {
    const entry = this.#entries.get(userId);
    if (!entry) return undefined;
    if (this.#clock() < entry.until) return entry.key;
    this.#entries.delete(userId);
    return undefined;
  }

  /** A tombstone is not replaced by a key: the load that brings it began before the erasure. */
  put(userId: string, key: DataKey | Erased): void {
    if (key !== ERASED && this.get(userId) === ERASED) return;
    this.#entries.set(userId, { key, until: this.#clock() + this.#maxAgeMs });
  }
}
