/** Too many commands about one user are waiting on this node, or one has waited for too long. Nothing was done. */
export class UserBusy extends Error {
  readonly code = 'user_busy';
  constructor() {
    super('too many commands about this user are waiting');
    this.name = 'UserBusy';
  }
}

export interface UserQueueOptions {
  /** How many may wait for one key; 1,000 unless given. */
  readonly maxWaiting?: number;
  /**
   * A job that had to wait longer is refused instead of begun; 10 s unless given. Nginx gives a command 15 s: what is
   * still in line then would be executed, once the event store answers again, for a client that has got a 503 already.
   */
  readonly maxWaitMs?: number;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

interface Line {
  tail: Promise<unknown>;
  length: number;
}

/**
 * One job at a time for each key, in the order they came; jobs of different keys don't wait for each other. Without
 * it, commands of one user would meet at the expected revision and all but one of them would be read and decided
 * again: two hundred at once cost some 20,000 appends instead of 200.
 */
export class UserQueue {
  readonly #lines = new Map<string, Line>();
  readonly #maxWaiting: number;
  readonly #maxWaitMs: number;
  readonly #now: () => number;

  constructor({
    maxWaiting = 1_000,
    maxWaitMs = 10_000,
    now = () => performance.now(),
  }: UserQueueOptions = {}) {
    this.#now = now;
    this.#maxWaiting = maxWaiting;
    this.#maxWaitMs = maxWaitMs;
  }

  /** How many keys have work. */
  get size(): number {
    return this.#lines.size;
  }

  /** @throws UserBusy the line is full, or too slow; and whatever the job throws */
  run<T>(key: string, job: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { tail: Promise.resolve(), length: 0 };
    if (line.length > this.#maxWaiting) return Promise.reject(new UserBusy());
    this.#lines.set(key, line);
    line.length += 1;
    const until = this.#now() + this.#maxWaitMs;
    const begin = () => {
      if (this.#now() > until) throw new UserBusy();
      return job();
    };
    const result = line.tail.then(begin).finally(() => {
      line.length -= 1;
      if (line.length === 0) this.#lines.delete(key);
    });
    // The next in line starts whether this one succeeds or fails; who called it gets the error.
    line.tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
