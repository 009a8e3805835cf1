import type { RecordedEvent } from '../../shared/event-log.ts';
import { OutcomeUnknown, WrongExpectedRevision } from '../../shared/event-log-errors.ts';
import { isUserEvent } from '../../shared/events/codec.ts';
import { emailStream } from '../../shared/events/streams.ts';
import type { EmailEvent } from '../../shared/events/types.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import type { Append } from '../execute/append.ts';
import { readWithin } from '../execute/read-within.ts';
import { type CommandStamp, metadataOf } from '../execute/stamps.ts';

/** The end of an email's reservation stream. */
export interface Reservation {
  /** Who holds the email by this stream; undefined if nobody does. */
  readonly holder: string | undefined;
  /** Of the stream's last event; -1 if there is none. */
  readonly revision: number;
}

/** How often a release is tried again; each failure means that somebody else wrote, or that the log became unavailable. */
const RELEASE_TRIES = 5;

type Parts = Pick<ExecutorDependencies, 'log' | 'codec' | 'vault' | 'clock' | 'readDeadlineMs'> & {
  readonly append: Append;
};

/** Who holds which email: one stream for each email's digest. */
export class Emails {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The reservation as it is now. @throws EventStoreUnavailable, UnknownEvent */
  async read(digest: string): Promise<Reservation> {
    const { log, readDeadlineMs } = this.#parts;
    const last = readWithin(AbortSignal.timeout(readDeadlineMs), (signal) =>
      log.readStream(emailStream(digest), { direction: 'backwards', limit: 1, signal }),
    );
    for await (const event of last) return this.#reservation(event);
    return { holder: undefined, revision: -1 };
  }

  /**
   * Who holds the email, also in the form that older releases compared.
   * @throws EventStoreUnavailable, UnknownEvent, VaultUnavailable
   */
  async holderOf(email: string): Promise<string | undefined> {
    const { vault } = this.#parts;
    const { holder } = await this.read(await vault.emailDigest(email));
    const former = holder === undefined ? await vault.formerEmailDigest(email) : undefined;
    return former === undefined ? holder : (await this.read(former)).holder;
  }

  /**
   * Reserves the email for a user, if nothing was written since what was read.
   * @returns false if that can't be known or somebody else wrote: read again, and go by what is found
   */
  reserve(digest: string, before: Reservation, userId: string, stamp: CommandStamp): Promise<boolean> {
    return this.#append(digest, before, 'EmailReserved', userId, stamp);
  }

  /**
   * Releases the email, if this user is still the one who holds it.
   * @returns whether there was something to release
   */
  async release(digest: string, userId: string, stamp: CommandStamp): Promise<boolean> {
    for (let tries = 1; tries <= RELEASE_TRIES; tries += 1) {
      const before = await this.read(digest);
      if (before.holder !== userId) return tries > 1;
      if (await this.#append(digest, before, 'EmailReleased', userId, stamp)) return true;
    }
    throw new OutcomeUnknown();
  }

  async #append(
    digest: string,
    before: Reservation,
    type: EmailEvent['type'],
    userId: string,
    stamp: CommandStamp,
  ): Promise<boolean> {
    const { codec, append, clock } = this.#parts;
    const stream = emailStream(digest);
    const event: EmailEvent = { type, data: { userId } };
    const encoded = await codec.encode(event, { stream, index: 0, metadata: metadataOf(stamp, clock()) });
    try {
      await append(stream, before.revision < 0 ? 'no_stream' : before.revision, [encoded]);
      return true;
    } catch (error) {
      if (error instanceof WrongExpectedRevision || error instanceof OutcomeUnknown) return false;
      throw error;
    }
  }

  #reservation(event: RecordedEvent): Reservation {
    const recorded = this.#parts.codec.decode(event);
    if (isUserEvent(recorded)) throw new Error(`${event.type} does not belong into ${event.stream}`);
    const { type, data } = recorded.event;
    return { holder: type === 'EmailReserved' ? data.userId : undefined, revision: event.revision };
  }
}
