import type { Logger } from '../process/logger.ts';

export interface Dependency {
  /** Resolves if the dependency answers. What it rejects with is logged. The signal fires when it took too long. */
  readonly check: (signal: AbortSignal) => Promise<unknown>;
  /** Whether the service is of no use without it. */
  readonly required: boolean;
}

export type DependencyState = 'up' | 'down' | 'unknown';

export interface HealthReport {
  readonly status: 'ready' | 'not_ready' | 'stopping';
  readonly dependencies: Readonly<Record<string, DependencyState>>;
}

export interface HealthOptions {
  readonly dependencies: Readonly<Record<string, Dependency>>;
  readonly logger: Logger;
  /** How often the dependencies are asked; default 1 s. */
  readonly everyMs?: number;
  /** A dependency that has not answered after this long is down; default 2 s. */
  readonly timeoutMs?: number;
}

/**
 * Knows whether the service can do its work. The dependencies are asked in the background, not by the request for
 * the state: that answers at once, and nobody can load the databases by asking for it.
 */
export class Health {
  readonly #options: HealthOptions;
  readonly #states = new Map<string, DependencyState>();
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<void> | undefined;
  #stopping = false;

  constructor(options: HealthOptions) {
    this.#options = options;
    for (const name of Object.keys(options.dependencies)) this.#states.set(name, 'unknown');
  }

  /** Asks all dependencies once, then goes on asking. Resolves after the first round, whatever it says. */
  async start(): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => void this.refresh(), this.#options.everyMs ?? 1_000);
    this.#timer.unref();
  }

  /** From now on the service is not ready, so that load balancers turn away from it. */
  drain(): void {
    this.#stopping = true;
  }

  async stop(): Promise<void> {
    this.drain();
    clearInterval(this.#timer);
    await this.#asking;
  }

  /** Asks all dependencies now; joins a round that is under way. */
  refresh(): Promise<void> {
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  get ready(): boolean {
    return this.report().status === 'ready';
  }

  report(): HealthReport {
    const dependencies = Object.fromEntries(this.#states);
    const needed = Object.entries(this.#options.dependencies).filter(([, { required }]) => required);
    const up = needed.every(([name]) => dependencies[name] === 'up');
    return { status: this.#stopping ? 'stopping' : up ? 'ready' : 'not_ready', dependencies };
  }

  async #askAll(): Promise<void> {
    await Promise.all(
      Object.entries(this.#options.dependencies).map(async ([name, { check }]) => {
        try {
          await this.#inTime(check);
          this.#set(name, 'up');
        } catch (error) {
          this.#set(name, 'down', error);
        }
      }),
    );
  }

  async #inTime(check: Dependency['check']): Promise<void> {
    const ms = this.#options.timeoutMs ?? 2_000;
    const late = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const error = new Error(`no answer within ${ms} ms`);
      late.abort(error);
      reject(error);
    }, ms);
    try {
      await Promise.race([check(late.signal), promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #set(name: string, state: 'up' | 'down', error?: unknown): void {
    const before = this.#states.get(name);
    if (before === state) return;
    this.#states.set(name, state);
    const { logger } = this.#options;
    if (state === 'up') logger.info({ dependency: name }, 'dependency_up');
    else if (before === 'up') logger.warn({ dependency: name, err: error }, 'dependency_down');
    // At start nothing was lost yet: most often it is only not there so soon.
    else logger.info({ dependency: name, reason: (error as Error).message }, 'dependency_awaited');
  }
}
