/** Hashing the password would take too long, because too many others are waiting. Nothing was done. */
export class PasswordHashingBusy extends Error {
  readonly code = 'password_hashing_busy';
  constructor() {
    super('too many passwords are waiting to be hashed');
    this.name = 'PasswordHashingBusy';
  }
}

/** Who wants a password hashed. */
export interface Requester {
  /** The network address, as limits count by it: all requests of one share its turns. */
  readonly address: string;
  /** Fires when the client has hung up. */
  readonly signal?: AbortSignal | undefined;
}

/** For a request that came over no connection. */
export const UNKNOWN_REQUESTER: Requester = { address: '' };

export interface HashingQueueOptions {
  /** How many are hashed at once; each takes a thread of libuv's pool and 19 MiB. */
  readonly maxConcurrent: number;
  /** How many may wait for that. */
  readonly maxWaiting: number;
  /** Longer than this nobody waits; 2 s unless given. */
  readonly maxWaitMs?: number;
}

interface Waiter {
  readonly address: string;
  /** Takes the waiter out of the queue's sight: its timer and its listener. */
  readonly leave: () => void;
  readonly start: () => void;
  readonly refuse: () => void;
}

/**
 * Who is hashed for next. Addresses take turns, so that however many requests come from one, the next from another waits
 * for one of them at most. A first-in-first-out queue was rejected: 20 addresses within their limits kept everybody else
 * waiting for 13.7 s.
 */
export class HashingQueue {
  readonly #maxConcurrent: number;
  readonly #maxWaiting: number;
  readonly #maxWaitMs: number;
  /** Waiters by address; the first address has the next turn. */
  readonly #waiting = new Map<string, Waiter[]>();
  #waiters = 0;
  #running = 0;

  constructor({ maxConcurrent, maxWaiting, maxWaitMs = 2_000 }: HashingQueueOptions) {
    this.#maxConcurrent = maxConcurrent;
    this.#maxWaiting = maxWaiting;
    this.#maxWaitMs = maxWaitMs;
  }

  /** For metrics: how many are being hashed, and how many wait for that. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiters };
  }

  /**
   * Runs `hash` when it is its turn.
   * @throws PasswordHashingBusy it can't be within the time, or the client has hung up; and what `hash` throws
   */
  async run<T>(requester: Requester, hash: () => Promise<T>): Promise<T> {
    if (this.#running < this.#maxConcurrent) this.#running += 1;
    else await this.#turn(requester);
    try {
      return await hash();
    } finally {
      const next = this.#next();
      if (next) next.start();
      else this.#running -= 1;
    }
  }

  #turn({ address, signal }: Requester): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = () => {
        this.#remove(waiter);
        reject(new PasswordHashingBusy());
      };
      const timer = setTimeout(refuse, this.#maxWaitMs);
      const waiter: Waiter = {
        address,
        leave() {
          clearTimeout(timer);
          signal?.removeEventListener('abort', refuse);
        },
        start: resolve,
        refuse,
      };
      signal?.addEventListener('abort', refuse);
      this.#add(waiter);
      if (signal?.aborted) refuse();
      else if (this.#waiters > this.#maxWaiting) this.#last()?.refuse();
    });
  }

  /** The last to come of the address that has most waiting: who is refused when the queue is full. */
  #last(): Waiter | undefined {
    let longest: readonly Waiter[] = [];
    for (const waiters of this.#waiting.values()) if (waiters.length > longest.length) longest = waiters;
    return longest.at(-1);
  }

  #add(waiter: Waiter): void {
    const waiters = this.#waiting.get(waiter.address);
    if (waiters) waiters.push(waiter);
    else this.#waiting.set(waiter.address, [waiter]);
    this.#waiters += 1;
  }

  #remove(waiter: Waiter): void {
    const waiters = this.#waiting.get(waiter.address) ?? [];
    const index = waiters.indexOf(waiter);
    if (index < 0) return;
    waiter.leave();
    waiters.splice(index, 1);
    if (waiters.length === 0) this.#waiting.delete(waiter.address);
    this.#waiters -= 1;
  }

  /** Takes out the next waiter; its address has its next turn after all others. */
  #next(): Waiter | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    const [address, waiters] = first;
    const waiter = waiters[0] as Waiter;
    this.#remove(waiter);
    if (this.#waiting.delete(address)) this.#waiting.set(address, waiters);
    return waiter;
  }
}
