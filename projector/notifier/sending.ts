import { ADVISORY_LOCKS } from '../../shared/adapters/postgres/advisory-locks.ts';
import { lead } from '../../shared/adapters/postgres/leadership.ts';
import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../shared/process/logger.ts';
import { Backoff } from '../follow/backoff.ts';
import { waitForSchema } from '../follow/schema.ts';
import type { Sender } from './enqueuer.ts';

export interface SendingOptions {
  readonly pool: Pool;
  readonly missingMigrations: () => Promise<readonly string[]>;
  readonly senders: readonly Sender[];
  readonly logger: Logger;
}

/**
 * Keeps the senders at work in one process at a time, which keeps what they send in order. They have a lock of their
 * own, since they need PostgreSQL alone: what is due is also sent while the event store is unreachable or the log holds
 * something that stops the consumer.
 */
export class Sending {
  readonly #options: SendingOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: SendingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Finishes what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  wake(): void {
    for (const sender of this.#options.senders) sender.wake();
  }

  /** @throws Error why nothing is sent here */
  assertRunning(): void {
    if (!this.#failure) return;
    throw new Error('what is due can not be sent', { cause: this.#failure });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { pool, missingMigrations, logger } = this.#options;
    const retry = new Backoff(100, 5_000);
    while (!signal.aborted) {
      try {
        await waitForSchema(missingMigrations, () => undefined, signal);
        const leadership = await lead(pool, ADVISORY_LOCKS.sending, signal, {
          standby: () => logger.info('sending_standby'),
          confirmed: () => {
            retry.reset();
            this.#failure = undefined;
          },
        });
        logger.info('sending');
        await this.#send(AbortSignal.any([signal, leadership.lost])).finally(() => leadership.release());
      } catch (error) {
        if (signal.aborted) return;
        this.#failure = error;
        logger.warn({ err: error }, 'sending_failed');
        await retry.pause(signal);
      }
    }
  }

  /** Until the signal aborts or one of them fails; then the others finish too. */
  async #send(signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const sending = AbortSignal.any([signal, failed.signal]);
    const ended = this.#options.senders.map((sender) =>
      sender.run(sending).catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    );
    for (const end of await Promise.allSettled(ended)) if (end.status === 'rejected') throw end.reason;
  }
}
