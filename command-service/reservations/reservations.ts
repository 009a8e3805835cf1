import { OutcomeUnknown, WrongExpectedRevision } from '../../shared/event-log/errors.ts';
import type { RecordedEvent } from '../../shared/event-log/event-log.ts';
import { isReservationEvent } from '../../shared/events/codec.ts';
import { type ReservationKind, reservationStream } from '../../shared/events/streams.ts';
import type { ReservationEvent } from '../../shared/events/types.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import type { Append } from '../execute/loop/append.ts';
import { type CommandStamp, metadataOf } from '../execute/stamps.ts';
import { readWithin } from '../execute/states/read-within.ts';
import { type Holders, holderBy, reserving } from './kinds.ts';

/** For whom something is reserved, and since when, in milliseconds since 1970. */
export type Held<K extends ReservationKind> = Holders[K] & { readonly at: number };

/** The end of a reservation stream. */
export interface Reservation<K extends ReservationKind = ReservationKind> {
  /** Who holds it by this stream; undefined if nobody does. */
  readonly holder: Held<K> | undefined;
  /** Of the stream's last event; -1 if there is none. */
  readonly revision: number;
}

/** Each round but the last was overtaken by another that wrote to the same stream, or its outcome could not be known. */
const MAX_ROUNDS = 8;

type Parts = Pick<ExecutorDependencies, 'log' | 'codec' | 'clock' | 'readDeadlineMs' | 'pause'> & {
  readonly append: Append;
};

/**
 * Who holds what must be unique across users: one stream for each value, named by the value's digest. Something is reserved
 * before the user's stream says that it is theirs. Whoever is cut off in between blocks nobody: the next try finds the
 * reservation and completes it.
 */
export class Reservations {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The reservation as it is now. @throws EventStoreUnavailable, UnknownEvent */
  async read<K extends ReservationKind>(kind: K, digest: string): Promise<Reservation<K>> {
    const { log, readDeadlineMs } = this.#parts;
    const stream = reservationStream(kind, digest);
    const last = readWithin(AbortSignal.timeout(readDeadlineMs), (signal) =>
      log.readStream(stream, { direction: 'backwards', limit: 1, signal }),
    );
    for await (const event of last) {
      // Which events stand in a stream of this kind, the codec has checked.
      return { holder: this.#holder(event) as Held<K> | undefined, revision: event.revision };
    }
    return { holder: undefined, revision: -1 };
  }

  /**
   * Reserves something, if nothing was written since what was read.
   * @returns false if that can't be known or somebody else wrote: read again, and go by what is found
   * @throws EventNotEnabled, EventStoreUnavailable
   */
  async reserve<K extends ReservationKind>(
    kind: K,
    digest: string,
    before: Reservation<K>,
    holder: Holders[K],
    stamp: CommandStamp,
  ): Promise<boolean> {
    const { pause } = this.#parts;
    const info = { userId: holder.userId, commandId: stamp.commandId };
    await pause?.('reserve.before', info);
    const stream = reservationStream(kind, digest);
    const isReserved = await this.#append(stream, before, reserving[kind](holder), stamp);
    if (isReserved) await pause?.('reserve.after', info);
    return isReserved;
  }

  /**
   * Who holds it in the end. `claim` is told who holds it now and answers for whom it is to be reserved, or undefined to
   * leave it as it is; it is asked again with what another has written meanwhile.
   * @param known what was read a moment ago: read again only if it is no longer so
   * @throws OutcomeUnknown others wrote all the time; and what {@link read}, {@link reserve} and `claim` throw
   */
  async settle<K extends ReservationKind>(
    kind: K,
    digest: string,
    stamp: CommandStamp,
    claim: (holder: Held<K> | undefined) => Promise<Holders[K] | undefined>,
    known?: Reservation<K>,
  ): Promise<Holders[K] | undefined> {
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const before = (round === 1 && known) || (await this.read(kind, digest));
      const wanted = await claim(before.holder);
      if (!wanted) return before.holder;
      if (await this.reserve(kind, digest, before, wanted, stamp)) return wanted;
    }
    throw new OutcomeUnknown();
  }

  /**
   * Releases an email, if nothing was written since what was read: whoever has reserved it meanwhile keeps it.
   * @throws EventStoreUnavailable
   */
  async releaseUnchanged(digest: string, before: Reservation<'email'>, stamp: CommandStamp): Promise<void> {
    if (!before.holder) return;
    const { userId } = before.holder;
    const stream = reservationStream('email', digest);
    await this.#append(stream, before, { type: 'EmailReleased', data: { userId } }, stamp);
  }

  /**
   * Releases an email, if this user is still the one who holds it. Of the other kinds nothing is ever released.
   * @returns whether there was something to release
   */
  async release(digest: string, userId: string, stamp: CommandStamp): Promise<boolean> {
    const stream = reservationStream('email', digest);
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const before = await this.read('email', digest);
      if (before.holder?.userId !== userId) return round > 1;
      if (await this.#append(stream, before, { type: 'EmailReleased', data: { userId } }, stamp)) return true;
    }
    throw new OutcomeUnknown();
  }

  async #append(
    stream: string,
    before: Reservation,
    event: ReservationEvent,
    stamp: CommandStamp,
  ): Promise<boolean> {
    const { codec, append, clock } = this.#parts;
    const encoded = await codec.encode(event, { stream, index: 0, metadata: metadataOf(stamp, clock()) });
    try {
      await append(stream, before.revision < 0 ? 'no_stream' : before.revision, [encoded]);
      return true;
    } catch (error) {
      if (error instanceof WrongExpectedRevision || error instanceof OutcomeUnknown) return false;
      throw error;
    }
  }

  #holder(event: RecordedEvent): Held<'external'> | undefined {
    const recorded = this.#parts.codec.decode(event);
    if (!isReservationEvent(recorded)) throw new Error(`${event.type} does not belong into ${event.stream}`);
    const holder = holderBy(recorded.event);
    return holder && { ...holder, at: recorded.created.getTime() };
  }
}
