interface Waiter {
  readonly wanted: (streams: ReadonlySet<string>) => boolean;
  readonly wake: () => void;
}

/** Tells readers that have caught up when there is something new. */
export class Commits {
  readonly #waiters = new Set<Waiter>();

  /** Wakes whoever waits for an event of one of these streams, or for any event. */
  announce(streams: ReadonlySet<string>): void {
    for (const waiter of [...this.#waiters]) if (waiter.wanted(streams)) waiter.wake();
  }

  /** Wakes everybody: what was committed is not known in detail. */
  announceAll(): void {
    for (const waiter of [...this.#waiters]) waiter.wake();
  }

  /** Resolves at the next commit (of `stream`, if one is given), or when the signal aborts. */
  next(signal: AbortSignal, stream?: string): Promise<void> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        wanted: (streams) => stream === undefined || streams.has(stream),
        wake: () => {
          this.#waiters.delete(waiter);
          signal.removeEventListener('abort', waiter.wake);
          resolve();
        },
      };
      if (signal.aborted) {
        resolve();
        return;
      }
      this.#waiters.add(waiter);
      signal.addEventListener('abort', waiter.wake, { once: true });
    });
  }
}
