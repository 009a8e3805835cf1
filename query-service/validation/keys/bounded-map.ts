/**
 * A map that holds at most `limit` entries, in two generations: what is used moves to (or stays in) the young one;
 * when that is half of the limit, it becomes the old one, and what was not used since the last change is forgotten.
 * A use costs one lookup, where a list in order of use would cost a removal and an insertion each time.
 */
export class BoundedMap<K, V> {
  readonly #half: number;
  readonly #forgotten: ((value: V) => void) | undefined;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** @param forgotten told of every value that is held no longer, for whatever reason */
  constructor(limit: number, forgotten?: (value: V) => void) {
    this.#half = Math.max(1, Math.floor(limit / 2));
    this.#forgotten = forgotten;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.#keep(key, old);
    return old;
  }

  set(key: K, value: V): void {
    this.delete(key);
    this.#keep(key, value);
  }

  delete(key: K): void {
    const value = this.#young.get(key) ?? this.#old.get(key);
    if (value === undefined) return;
    this.#young.delete(key);
    this.#old.delete(key);
    this.#forgotten?.(value);
  }

  #keep(key: K, value: V): void {
    this.#young.set(key, value);
    if (this.#young.size < this.#half) return;
    if (this.#forgotten) for (const forgotten of this.#old.values()) this.#forgotten(forgotten);
    this.#old = this.#young;
    this.#young = new Map();
  }
}
