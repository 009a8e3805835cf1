import { sleep } from '../../shared/sleep.ts';

/** A pause that doubles each time it is taken, up to a limit. */
export class Backoff {
  readonly #first: number;
  readonly #most: number;
  #ms: number;

  constructor(firstMs: number, mostMs: number) {
    this.#first = firstMs;
    this.#most = mostMs;
    this.#ms = firstMs;
  }

  /** The next pause. */
  get ms(): number {
    return this.#ms;
  }

  reset(): void {
    this.#ms = this.#first;
  }

  async pause(signal: AbortSignal): Promise<void> {
    const ms = this.#ms;
    this.#ms = Math.min(ms * 2, this.#most);
    await sleep(ms, signal);
  }
}
