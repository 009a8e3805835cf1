import { createHash } from 'node:crypto';

const FIRST_CAPACITY = 2 ** 16;

/**
 * Where in a file a value came first, for as many values as there are: 12 bytes for each and as much to spare, instead of the
 * value itself. Two values are taken for one if 64 bits of their SHA-256 are the same: among ten million values that happens
 * once in 370,000 files.
 */
export class Seen {
  #hashes: BigUint64Array;
  #lines: Uint32Array;
  #size = 0;

  /** @param capacity a power of two; it grows with what comes */
  constructor(capacity = FIRST_CAPACITY) {
    this.#hashes = new BigUint64Array(capacity);
    this.#lines = new Uint32Array(capacity);
  }

  /** The line where it came first, if it has come before; else it is remembered. */
  at(value: string, line: number): number | undefined {
    const hash = createHash('sha256').update(value).digest().readBigUInt64LE() || 1n;
    const slot = this.#slotOf(hash);
    if (this.#hashes[slot] === hash) return this.#lines[slot];
    this.#hashes[slot] = hash;
    this.#lines[slot] = line;
    this.#size += 1;
    if (this.#size * 2 > this.#hashes.length) this.#grow();
    return undefined;
  }

  /** Its own, or the free one where it belongs. A hash of 0 is a free slot. */
  #slotOf(hash: bigint): number {
    const mask = this.#hashes.length - 1;
    let slot = Number(hash & BigInt(mask));
    while (this.#hashes[slot] !== 0n && this.#hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [hashes, lines] = [this.#hashes, this.#lines];
    this.#hashes = new BigUint64Array(hashes.length * 2);
    this.#lines = new Uint32Array(lines.length * 2);
    for (const [at, hash] of hashes.entries()) {
      if (hash === 0n) continue;
      const slot = this.#slotOf(hash);
      this.#hashes[slot] = hash;
      this.#lines[slot] = lines[at] as number;
    }
  }
}
