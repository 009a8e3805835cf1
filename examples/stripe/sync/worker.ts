import { EventEmitter, once } from 'node:events';
import type { Logger } from 'pino';
import { bringUp, type Context } from './bring-up.ts';
import type { Claim } from './store.ts';

export type Outcome = 'unchanged' | 'changed' | 'parked' | 'failed';

/** Another process may have put something into the store: it is looked at this often. */
const POLL_MS = 500;
const LONGEST_WAIT_MS = 10 * 60_000;

/** 1 s, 2 s, 4 s … 10 min; with up to half as much again, so that not all come back at once. */
const backoff = (attempts: number): number =>
  Math.round(Math.min(1_000 * 2 ** attempts, LONGEST_WAIT_MS) * (1 + Math.random() / 2));

/** Brings one customer up to date, and says in the store what has come of it. Never throws: it is tried again later. */
export async function workOff(context: Context, claim: Claim, logger: Logger): Promise<Outcome> {
  const { customer, attempts } = claim;
  try {
    const { changed, reasons } = await bringUp(context, customer);
    context.store.done(claim, reasons);
    if (reasons.length > 0) logger.warn({ customer, reasons }, 'parked');
    else if (changed) logger.info({ customer }, 'brought_up_to_date');
    return reasons.length > 0 ? 'parked' : changed ? 'changed' : 'unchanged';
  } catch (error) {
    const wait = backoff(attempts);
    logger.warn({ err: error, customer, attempts, again_in_ms: wait }, 'failed');
    context.store.later(claim, Date.now() + wait);
    return 'failed';
  }
}

/** Works off what is due, a few customers at a time, until it is stopped. */
export class Workers {
  readonly #context: Context;
  readonly #logger: Logger;
  readonly #bell = new EventEmitter();
  readonly #running: readonly Promise<void>[];
  #stopped = false;

  constructor(context: Context, count: number, logger: Logger) {
    this.#context = context;
    this.#logger = logger;
    this.#bell.setMaxListeners(0);
    this.#running = Array.from({ length: count }, () => this.#work());
  }

  /** Something is due: nobody needs to wait for the next look. */
  wake(): void {
    this.#bell.emit('due');
  }

  /** What has begun is finished. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.wake();
    await Promise.all(this.#running);
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      const claim = this.#context.store.claim();
      if (claim) await workOff(this.#context, claim, this.#logger);
      else await this.#rung();
    }
  }

  async #rung(): Promise<void> {
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), POLL_MS);
    await once(this.#bell, 'due', { signal: waiting.signal }).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
    });
    clearTimeout(timer);
  }
}
