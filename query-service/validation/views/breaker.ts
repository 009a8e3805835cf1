/**
 * Remembers that a layer failed, so that not every request finds it out for itself: after a failure nobody asks it
 * for `openMs`; then one request tries, and the others go on without it until that one has its answer.
 */
export class Breaker {
  readonly #openMs: number;
  readonly #monotonic: () => number;
  #closedAgainAt: number | undefined;

  constructor(openMs: number, monotonic: () => number) {
    this.#openMs = openMs;
    this.#monotonic = monotonic;
  }

  /** Whether the caller may ask. Who may must then ask through {@link run}. */
  get closed(): boolean {
    return this.#closedAgainAt === undefined || this.#monotonic() >= this.#closedAgainAt;
  }

  async run<T>(ask: () => Promise<T>): Promise<T> {
    // The one who tries keeps the others out for as long again.
    if (this.#closedAgainAt !== undefined) this.#closedAgainAt = this.#monotonic() + this.#openMs;
    try {
      const answer = await ask();
      this.#closedAgainAt = undefined;
      return answer;
    } catch (error) {
      this.#closedAgainAt = this.#monotonic() + this.#openMs;
      throw error;
    }
  }
}
