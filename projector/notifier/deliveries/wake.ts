import { sleep } from '../../../shared/sleep.ts';

/** A wait that somebody can end. Whoever wakes while nobody waits ends the next wait. */
export class Wake {
  #woken = false;
  #end: (() => void) | undefined;

  wake(): void {
    this.#woken = true;
    this.#end?.();
  }

  /** Ends, without an error, with the time, the signal or {@link wake}. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#woken && !signal.aborted) {
      const ended = new AbortController();
      this.#end = () => ended.abort();
      await sleep(ms, AbortSignal.any([signal, ended.signal]));
      this.#end = undefined;
    }
    this.#woken = false;
  }
}
