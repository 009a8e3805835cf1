import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../support/random.ts';

/** Work that is repeated side by side until the time is over. */
export class Turns {
  readonly #began = performance.now();
  readonly #ms: number;
  readonly #random: Random;
  readonly #signal: AbortSignal;

  constructor(ms: number, random: Random, signal: AbortSignal) {
    this.#ms = ms;
    this.#random = random;
    this.#signal = signal;
  }

  /** Seconds since the begin. */
  get seconds(): number {
    return (performance.now() - this.#began) / 1_000;
  }

  /** @param pauseMs half of it to one and a half times as much is waited between two turns */
  async repeat(pauseMs: number, work: () => Promise<void>): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted();
      const left = this.#ms - this.seconds * 1_000;
      if (left <= 0) return;
      await work();
      await delay(Math.min(left, pauseMs * (0.5 + this.#random.below(100) / 100)));
    }
  }
}
