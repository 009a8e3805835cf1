/**
 * PostgreSQL's time, carried on by this node's monotonic clock. Views bear the time at which PostgreSQL read them; how old
 * they are is asked of this clock, because the node's own may be minutes off, and then nothing would count as fresh.
 *
 * Each answer of PostgreSQL brackets it: its time was taken after the question was sent and before the answer came. The
 * difference between the two clocks is moved only as far as the last bracket demands, so a slow answer does not blur
 * what a fast one has said.
 */
export class DatabaseClock {
  readonly #monotonic: () => number;
  #difference: number;

  /** @param wall the node's clock, which is believed until PostgreSQL has said its time */
  constructor(monotonic: () => number, wall: () => number) {
    this.#monotonic = monotonic;
    this.#difference = wall() - monotonic();
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#monotonic() + this.#difference;
  }

  /** @param at PostgreSQL's time, in an answer that comes now to a question of `sentAt` (monotonic) */
  observed(at: number, sentAt: number): void {
    const least = at - this.#monotonic();
    // Its answers are whole milliseconds.
    const most = at + 1 - sentAt;
    this.#difference = Math.min(Math.max(this.#difference, least), most);
  }
}
