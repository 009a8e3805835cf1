import type { Clock } from '../../shared/clock.ts';

/** How far a consumer is from what has arrived of the log. */
export interface Lag {
  readonly events: number;
  readonly seconds: number;
}

/** What has arrived and was not taken yet, and the log's time of the first of it. */
export interface Waiting {
  readonly events: number;
  readonly since: Date | undefined;
}

/** Counts what a consumer has taken from its feed and not written yet, and since when it is not current. */
export class LagCounter {
  readonly #clock: Clock;
  readonly #waiting: () => Waiting;
  #taken: { events: number; readonly since: Date | undefined }[] = [];
  #events = 0;
  /** When the consumer was current last; undefined while it is. */
  #currentUntil: number | undefined;

  constructor(clock: Clock, waiting: () => Waiting) {
    this.#clock = clock;
    this.#waiting = waiting;
    this.#currentUntil = clock();
  }

  taken(events: number, since: Date | undefined): void {
    if (events === 0) return;
    this.#taken.push({ events, since });
    this.#events += events;
  }

  /** So many are written, the oldest first. */
  written(events: number): void {
    this.#events -= events;
    for (let left = events; left > 0; ) {
      const [first] = this.#taken;
      if (!first) return;
      if (first.events > left) {
        first.events -= left;
        return;
      }
      left -= first.events;
      this.#taken.shift();
    }
  }

  /** The consumer follows the log, or another process leads and does. */
  current(): void {
    this.#currentUntil = undefined;
  }

  /** It does not any more: what it had taken comes again. */
  interrupted(): void {
    this.#currentUntil ??= this.#oldest ?? this.#clock();
    this.#taken = [];
    this.#events = 0;
  }

  get lag(): Lag {
    const now = this.#clock();
    const since = this.#oldest ?? this.#currentUntil ?? now;
    return {
      events: this.#events + this.#waiting().events,
      seconds: Math.max(0, now - since) / 1_000,
    };
  }

  get #oldest(): number | undefined {
    return (this.#taken[0]?.since ?? this.#waiting().since)?.getTime();
  }
}
