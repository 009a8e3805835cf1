import type { LastSeen } from '../../../shared/usage/last-seen.ts';
import type { UsageCounter } from '../../../shared/usage/usage-counter.ts';
import type { VerifiedKey } from '../keys/verified-keys.ts';

/** With the usage counter's own delay it bounds what a crash loses; a use may be counted under the next minute. */
const DEFAULT_FLUSH_MS = 5_000;

/**
 * Adds up the uses of remembered keys on the keys themselves, and hands them to the usage counter, and their
 * clients to what remembers when they were seen, now and then: a
 * row's name there is a text of a hundred characters, which costs more than the rest of an answer from memory.
 */
export class UsageTally {
  readonly #usage: Pick<UsageCounter, 'count'>;
  readonly #endpoint: string;
  readonly #lastSeen: Pick<LastSeen, 'see'>;
  #used: VerifiedKey[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(usage: Pick<UsageCounter, 'count'>, endpoint: string, lastSeen: Pick<LastSeen, 'see'>) {
    this.#usage = usage;
    this.#endpoint = endpoint;
    this.#lastSeen = lastSeen;
  }

  start(everyMs = DEFAULT_FLUSH_MS): void {
    this.#timer = setInterval(() => this.flush(), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.flush();
  }

  add(key: VerifiedKey, address: string): void {
    if (key.uses > 0 && key.usedFrom !== address) {
      this.#usage.count(key.userId, this.#endpoint, key.usedFrom, key.uses);
      key.uses = 1;
    } else {
      key.uses += 1;
      if (key.uses === 1) this.#used.push(key);
    }
    key.usedFrom = address;
  }

  flush(): void {
    const used = this.#used;
    this.#used = [];
    for (const key of used) {
      this.#usage.count(key.userId, this.#endpoint, key.usedFrom, key.uses);
      key.uses = 0;
      this.#lastSeen.see(key);
    }
  }
}
