import type { Clock } from '../../clock.ts';
import type { Logger } from '../../process/logger.ts';
import {
  BATCH,
  type Counter,
  type CounterChange,
  giveBack,
  newWindow,
  settle,
  takeDue,
  WINDOW_MS,
  type Window,
} from './rate-window.ts';

export { type CounterChange, WINDOW_MS } from './rate-window.ts';

/** The counters that the nodes share; `shared/adapters/redis` implements it. */
export interface SharedCounters {
  /** Adds all changes, in one round trip, and answers the new totals in the same order. A counter lives for `ttlMs`. */
  add(changes: readonly CounterChange[], ttlMs: number): Promise<readonly number[]>;
}

export interface RateDecision {
  readonly allowed: boolean;
  /** Requests left in this window. */
  readonly remaining: number;
  /** Seconds until the window ends and the count starts again, at least 1. */
  readonly resetSeconds: number;
}

export interface RateLimiterOptions {
  /** Without it each node goes by its own counts. */
  readonly shared?: SharedCounters | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a window is; a minute unless given. */
  readonly windowMs?: number;
  /** How often counts are exchanged; default 200 ms. */
  readonly flushMs?: number;
  /** Most keys that are remembered at once, about 200 bytes each; default 200,000. */
  readonly maxKeys?: number;
}

const DEFAULT_FLUSH_MS = 200;
const DEFAULT_MAX_KEYS = 200_000;

/**
 * Counts requests by key in fixed windows, the minutes of the clock unless told otherwise. The check looks at memory alone; counts are
 * exchanged with the other nodes behind it, every `flushMs`.
 *
 * What it promises: one node alone never lets more than `limit` requests through in a window. n nodes together let
 * through at most what arrives at them within one exchange, and 1 % of the limit for each further node, more: a
 * key's uses are exchanged once they make up a hundredth of its limit (for limits up to 100, that is each single
 * use), because otherwise the many clients that never come near their limit would be all of the traffic to Redis.
 * While the shared counters are unreachable, each node goes on by what it knows: a caller spread over n nodes gets at
 * most n times the limit, and nobody is refused for it.
 *
 * Fixed windows and not a sliding log or GCRA: the count of a minute is one number that adds up over nodes, with no
 * read before the write. The price is that a burst over a minute's border can have twice the limit.
 */
export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #maxKeys: number;
  readonly #windowMs: number;
  #window: Window;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #isAlone = false;
  /** Keys forgotten before their window ended, because too many came at once. */
  evicted = 0;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
    this.#maxKeys = options.maxKeys ?? DEFAULT_MAX_KEYS;
    this.#windowMs = options.windowMs ?? WINDOW_MS;
    this.#window = newWindow(options.clock(), this.#windowMs);
  }

  /** Starts the exchange with the other nodes. */
  start(): void {
    this.#timer = setInterval(() => {
      this.#flushing ??= this.flush().finally(() => {
        this.#flushing = undefined;
      });
    }, this.#options.flushMs ?? DEFAULT_FLUSH_MS);
    this.#timer.unref();
  }

  /** Stops the exchange after a last one. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flushing;
    await this.flush();
  }

  /** Counts a use of `key` against `limit` uses a window. A refused use is not counted. Never waits. */
  check(key: string, limit: number, now: number = this.#options.clock()): RateDecision {
    const window = this.#current(now);
    let counter = window.counters.get(key);
    if (!counter) {
      counter = { used: 0, pending: 0 };
      this.#admit(window, key, counter);
    }
    const allowed = counter.used < limit;
    if (allowed) {
      counter.used += 1;
      counter.pending += 1;
      if (this.#options.shared && counter.pending * 100 >= limit) window.due.add(key);
    }
    return decision(allowed, counter.used, limit, window, now);
  }

  /** What {@link check} would answer; counts nothing. */
  look(key: string, limit: number, now: number = this.#options.clock()): RateDecision {
    const window = this.#current(now);
    const used = window.counters.get(key)?.used ?? 0;
    return decision(used < limit, used, limit, window, now);
  }

  /** How many keys are remembered now. */
  get size(): number {
    return this.#window.counters.size;
  }

  /** Exchanges what is due now. Failing is no error: what could not be added stays due. */
  async flush(): Promise<void> {
    const { shared } = this.#options;
    const window = this.#current(this.#options.clock());
    if (!shared) return;
    // What becomes due meanwhile waits for the next exchange, or there would be one at every round trip.
    for (let batches = Math.ceil(window.due.size / BATCH); batches > 0; batches -= 1) {
      const changes = takeDue(window);
      try {
        const totals = await shared.add(changes, 2 * this.#windowMs);
        settle(window, changes, totals);
        this.#note(false);
      } catch (error) {
        giveBack(window, changes);
        this.#note(true, error);
        return;
      }
    }
  }

  #current(now: number): Window {
    const number = Math.floor(now / this.#windowMs);
    // A clock that is set back a little does not start a second count of a window that was counted already.
    if (number > this.#window.number || number < this.#window.number - 1)
      this.#window = newWindow(now, this.#windowMs);
    return this.#window;
  }

  #admit(window: Window, key: string, counter: Counter): void {
    if (window.counters.size >= this.#maxKeys) {
      // The oldest goes, and with it at most one window's count: memory comes first, and a refusal that nobody
      // deserved would be worse than a use that was not counted.
      const oldest = window.counters.keys().next().value as string;
      window.counters.delete(oldest);
      window.due.delete(oldest);
      this.evicted += 1;
    }
    window.counters.set(key, counter);
  }

  #note(isAlone: boolean, error?: unknown): void {
    if (isAlone === this.#isAlone) return;
    this.#isAlone = isAlone;
    if (isAlone) this.#options.logger.warn({ err: error }, 'rate_limits_by_this_node_alone');
    else this.#options.logger.info('rate_limits_shared_again');
  }
}

const decision = (
  allowed: boolean,
  used: number,
  limit: number,
  window: Window,
  now: number,
): RateDecision => ({
  allowed,
  remaining: Math.max(0, limit - used),
  resetSeconds: Math.max(1, Math.ceil(((window.number + 1) * window.ms - now) / 1_000)),
});

/**
 * The header fields of a limited route's answer (draft-ietf-httpapi-ratelimit-headers): the policy, `limit` requests
 * in 60 seconds, and what is left of it.
 */
export const rateLimitHeaders = (name: string, limit: number, decision: RateDecision) => ({
  'RateLimit-Policy': `"${name}";q=${limit};w=60`,
  RateLimit: `"${name}";r=${decision.remaining};t=${decision.resetSeconds}`,
});
