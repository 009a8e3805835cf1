import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import { Wake } from '../deliveries/wake.ts';
import type { Sender } from '../enqueuer.ts';
import { type Compose, LinkExpired } from './compose.ts';
import { claimMails, type DueMail, LEASE_MS, type MailOutcome, settleMail } from './due.ts';
import type { MailMetrics } from './metrics.ts';
import type { FindRecipient } from './recipient.ts';
import { CONNECTIONS, MailRefused, type Transport } from './transport.ts';

export interface MailSenderOptions {
  readonly pool: Pool;
  readonly find: FindRecipient;
  readonly compose: Compose;
  readonly transport: Transport;
  readonly metrics: MailMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timing?: MailTiming | undefined;
}

/** Other times, for tests. In milliseconds. */
export interface MailTiming {
  readonly pause?: (attempt: number) => number;
  readonly leaseMs?: number;
}

const POLL_MS = 500;
/** The projector has the event some milliseconds after the notifier. */
const PROJECTED_AFTER_MS = 250;
const FIRST_PAUSE_MS = 30_000;
const MOST_PAUSE_MS = 3_600_000;

/** Half a minute, doubled each time up to an hour, 20 % more or less: about thirty attempts in a day. */
const pauseAfter = (attempt: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), MOST_PAUSE_MS) * (0.8 + 0.4 * Math.random());

/** What a server said, without the addresses in it, and without tokens: some name the link that they dislike. */
export const reasonOf = (error: unknown): string => {
  const cause = error instanceof MailRefused ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  return text
    .replaceAll(/[^\s<>"'(),;:]+@[^\s<>"'(),;:]+/g, '…')
    .replaceAll(/[\w-]{40,}/g, '…')
    .slice(0, 500);
};

/**
 * Sends the mails that are due, a few at a time. One that was taken by the server and could not be written down as sent (the
 * process was killed between the two) is sent again: SMTP has no way to ask. Its Message-ID is the same then.
 */
export class MailSender implements Sender {
  readonly #options: MailSenderOptions;
  readonly #wake = new Wake();

  constructor(options: MailSenderOptions) {
    this.#options = options;
  }

  wake(): void {
    this.#wake.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { pool, timing } = this.#options;
    while (!signal.aborted) {
      const mails = await claimMails(pool, CONNECTIONS, timing?.leaseMs ?? LEASE_MS);
      const settled = await Promise.allSettled(mails.map((mail) => this.#handle(mail)));
      for (const one of settled) if (one.status === 'rejected') throw one.reason;
      if (mails.length < CONNECTIONS) await this.#wake.wait(POLL_MS, signal);
    }
  }

  /** @throws an error of PostgreSQL */
  async #handle(mail: DueMail): Promise<void> {
    const { pool, metrics, logger } = this.#options;
    const outcome = await this.#attempt(mail);
    await settleMail(pool, mail, outcome);
    metrics.attempts.inc({ outcome: outcome.kind });
    const about = { mail_id: mail.mailId, kind: mail.kind, attempt: mail.attempt };
    if (outcome.kind === 'failed') logger.warn({ ...about, last: outcome.error }, 'mail_failed');
    if (outcome.kind === 'retry') logger.info({ ...about, last: outcome.error }, 'mail_delayed');
  }

  async #attempt(mail: DueMail): Promise<MailOutcome> {
    const { find, compose, transport, clock } = this.#options;
    try {
      const found = await find(mail);
      if (found.kind === 'nobody') return { kind: 'dropped', why: found.why };
      if (found.kind === 'unknown_yet') return this.#unknownYet(mail);
      await transport.send(await compose(mail, found.recipient, clock()));
      return { kind: 'sent' };
    } catch (error) {
      const reason = reasonOf(error);
      const isFinal = error instanceof MailRefused || error instanceof LinkExpired || mail.isLast;
      return isFinal ? { kind: 'failed', error: reason } : this.#again(mail, reason);
    }
  }

  #again({ attempt }: DueMail, error: string): MailOutcome {
    const pause = this.#options.timing?.pause ?? pauseAfter;
    return { kind: 'retry', error, pause: pause(attempt) };
  }

  #unknownYet({ isLast }: DueMail): MailOutcome {
    if (!isLast) return { kind: 'later', pause: PROJECTED_AFTER_MS };
    return {
      kind: 'failed',
      error: 'the read model does not have its user, or an event of theirs is parked',
    };
  }
}
