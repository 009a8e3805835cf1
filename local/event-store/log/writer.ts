import { isPostgresUnavailable, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import { Batcher } from './batch.ts';
import { AppendQueue, type QueuedAppend } from './queue.ts';
import { WriterSession } from './session.ts';
import type { AppendOutcome, AppendRequest, StoredEvent } from './stored-event.ts';

export interface WriterOptions {
  readonly pool: Pool;
  readonly logger: Logger;
  /** Microseconds since 1970. */
  readonly now: () => number;
  /** Called before the appends are acknowledged. */
  readonly onCommitted: (events: readonly StoredEvent[]) => void;
  /** A session begins: the log ends at `head`, whatever was thought before. */
  readonly onSession: (head: number) => void;
}

const RETRY_MS = 250;

/**
 * Appends from all connections go through one queue into one writer. It takes all that waits, writes it in one
 * transaction and then answers: while that transaction is being flushed to disk, the next group gathers. So positions
 * have no gaps and rise in the order of the commits, and no reader can miss one that commits late.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #queue = new AppendQueue();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /**
   * Opens the first session. Where PostgreSQL is unreachable or still starting it goes on trying, and appends are not ready.
   * @throws LogInUse, or the error of a database that answers
   */
  async start(): Promise<void> {
    const session = await this.#open().catch((error: unknown) => {
      if (!isPostgresUnavailable(error)) throw error;
      this.#options.logger.warn({ err: error }, 'event_log_writer_not_ready');
      return undefined;
    });
    this.#running = this.#run(session);
  }

  /** Never rejects: what went wrong is the outcome. */
  append(request: AppendRequest): Promise<AppendOutcome> {
    return this.#queue.add(request);
  }

  /** Writes what waits, then releases the log. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#queue.close();
    await this.#running;
  }

  async #run(first: WriterSession | undefined): Promise<void> {
    let session = first ?? (await this.#reopen());
    while (session) {
      const lost = await this.#serve(session);
      this.#queue.refuse();
      session.close();
      if (!lost) return;
      this.#options.logger.error({ err: lost }, 'event_log_writer_lost');
      session = await this.#reopen();
    }
  }

  /** Ends with the error when the session is lost, and without one when the writer stops. */
  async #serve(session: WriterSession): Promise<Error | undefined> {
    this.#options.onSession(session.head);
    this.#queue.open();
    const batcher = new Batcher(session, this.#options.now);
    while (!session.lost) {
      const group = this.#queue.take();
      if (group.length > 0) {
        const failure = await this.#write(group, batcher, session);
        if (failure) return failure;
      } else if (this.#stopping.signal.aborted) {
        await this.#release(session);
        return undefined;
      } else await this.#queue.filled();
    }
    return session.lost;
  }

  async #write(
    group: readonly QueuedAppend[],
    batcher: Batcher,
    session: WriterSession,
  ): Promise<Error | undefined> {
    try {
      const { events, outcomes } = await batcher.prepare(group.map((entry) => entry.request));
      if (events.length > 0) {
        await session.insert(events);
        this.#options.onCommitted(events);
      }
      for (const [index, entry] of group.entries()) entry.answer(outcomes[index] as AppendOutcome);
      return undefined;
    } catch (error) {
      // Whether it was written only the database knows; the next session begins with what it says.
      for (const entry of group) entry.answer({ kind: 'timeout' });
      return error as Error;
    }
  }

  async #release(session: WriterSession): Promise<void> {
    try {
      await session.release();
    } catch (error) {
      // The connection is gone, and the lock with it.
      this.#options.logger.warn({ err: error }, 'event_log_release_failed');
    }
  }

  async #reopen(): Promise<WriterSession | undefined> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        return await this.#open();
      } catch (error) {
        this.#options.logger.warn({ err: error }, 'event_log_writer_not_ready');
      }
      await pause(RETRY_MS, signal);
    }
    return undefined;
  }

  async #open(): Promise<WriterSession> {
    const session = await WriterSession.open(this.#options.pool, () => this.#queue.wake());
    this.#options.logger.info({ head: session.head }, 'event_log_writer_ready');
    return session;
  }
}

/** Waits, but not beyond the abort of the signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
