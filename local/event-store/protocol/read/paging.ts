/**
 * How many events to ask for next: few at first, so that a short read is cheap, then as many as fit a page of
 * about {@link PAGE_BYTES} at the size of the last ones, so that memory stays bounded whatever their size.
 */
export class Paging {
  #size = FIRST;

  next(left: number): number {
    return Math.min(this.#size, left);
  }

  seen(count: number, bytes: number): void {
    if (count === 0) return;
    const fitting = Math.floor((PAGE_BYTES * count) / Math.max(bytes, 1));
    this.#size = Math.max(1, Math.min(this.#size * 4, fitting, MAX));
  }
}

const FIRST = 64;
const MAX = 512;
const PAGE_BYTES = 4 * 1024 * 1024;
