/** Timers stand still while a machine sleeps, and the clock does not: so it is looked at again at least this often. */
const LONGEST_MS = 60_000;

export interface WatchOptions {
  readonly clock: () => number;
  /** When there is something to do, in milliseconds of the clock; undefined if there is nothing. */
  readonly dueAt: () => number | undefined;
  readonly run: () => Promise<void>;
}

/** Runs something when its time has come. Never keeps a program alive that is done. */
export class Watch {
  readonly #options: WatchOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** To be called whenever what `dueAt` answers may have changed. */
  arm(): void {
    clearTimeout(this.#timer);
    const { clock, dueAt, run } = this.#options;
    const due = dueAt();
    if (due === undefined || this.#closed) return;
    this.#timer = setTimeout(
      () => {
        if (clock() < due) this.arm();
        else void run().finally(() => this.arm());
      },
      Math.min(LONGEST_MS, Math.max(0, due - clock())),
    );
    // A number in browsers, an object in Node.
    if (typeof this.#timer === 'object') (this.#timer as { unref(): void }).unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
