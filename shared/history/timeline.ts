import type { RecordedEvent } from '../event-log/event-log.ts';
import { decodeOwn, type EventReader, isUserEvent } from '../events/codec.ts';
import type { Recorded, UserEvent } from '../events/types.ts';
import {
  type FoldedEvent,
  type ShownPersonal,
  shownOf,
  shownPart,
  timeOf,
} from '../read-model/fold/event.ts';
import { ProjectionFault } from '../read-model/fold/fault.ts';
import { PersonalUnreadable } from '../vault/errors.ts';
import { type StateSummary, UserRows } from './user-rows.ts';

export type OpenedPersonal = Readonly<Record<string, unknown>>;

export interface TimelineOptions {
  readonly userId: string;
  readonly reader: EventReader;
  /** Events that an operator skipped with `parked skip`: the read models don't hold them. */
  readonly skipped: ReadonlySet<string>;
  /** Opens an event's personal data. Without it, nobody's is. @throws PersonalUnreadable */
  readonly open?: (event: Recorded<UserEvent>) => OpenedPersonal | undefined;
}

/** One event of a user, and what it led to. */
export interface TimelineEntry {
  readonly recorded: Recorded<UserEvent>;
  /** Unencrypted; undefined if the event has none, or it is not to be opened. */
  readonly personal: OpenedPersonal | undefined;
  /** The state after the event, as of its time; undefined if there is no user yet. */
  readonly state: StateSummary | undefined;
  /** Why the read models do not hold this event; undefined if they do. */
  readonly fault: string | undefined;
}

const NOTHING: ShownPersonal = { email: null, name: null, clientName: null };
const SKIPPED = 'an operator skipped it';
const AFTER_PARKED = 'an earlier event of this user is parked';

/** Events between which other work of the process has its turn: about 2 ms. */
const SLICE = 200;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * A user's events up to an instant, one after another, with the state that each left. It holds the state alone, never
 * the events.
 *
 * An event's time is when it was decided, and never before that of the one before it: what is as of an instant is a
 * beginning of the stream. What the projector would park is parked here, so that the state is what the read models show.
 */
export class Timeline {
  readonly state = new UserRows();
  readonly #options: TimelineOptions;
  #latest = Number.NEGATIVE_INFINITY;
  #next = 0;
  #parked = false;
  #exists = false;

  constructor(options: TimelineOptions) {
    this.#options = options;
  }

  /** Whether the stream has an event at all, be it a later one. */
  get exists(): boolean {
    return this.#exists;
  }

  /** The revision of the stream's first event that is not in the timeline yet. */
  get next(): number {
    return this.#next;
  }

  /** The latest time of the events so far (milliseconds since 1970), -Infinity before the first. */
  get latest(): number {
    return this.#latest;
  }

  /**
   * @param events the user's stream, from {@link next} on
   * @param asOf events after this instant (milliseconds since 1970) have not happened yet
   * @throws UnknownEvent, and what reading throws
   */
  async *entries(events: AsyncIterable<RecordedEvent>, asOf: number): AsyncGenerator<TimelineEntry, void> {
    for await (const event of events) {
      this.#exists = true;
      const recorded = decodeOwn(this.#options.reader, event);
      const isOurs = recorded !== undefined && isUserEvent(recorded);
      const latest = isOurs ? Math.max(this.#latest, recorded.created.getTime()) : this.#latest;
      if (latest > asOf) return;
      this.#next = event.revision + 1;
      if (!isOurs) continue;
      this.#latest = latest;
      yield this.#entry(recorded);
      if (this.#next % SLICE === 0) await turn();
    }
  }

  /** The event that stands at {@link next}, as a follower of the log has it. @throws RangeError it is another one */
  add(recorded: Recorded<UserEvent>): TimelineEntry {
    if (recorded.revision !== this.#next)
      throw new RangeError(`revision ${recorded.revision} is not the next`);
    this.#exists = true;
    this.#latest = Math.max(this.#latest, recorded.created.getTime());
    this.#next += 1;
    return this.#entry(recorded);
  }

  #entry(recorded: Recorded<UserEvent>): TimelineEntry {
    const { personal, unreadable } = this.#open(recorded);
    const fault = this.#apply(recorded, personal, unreadable);
    return { recorded, personal, fault, state: this.state.summary(this.#latest) };
  }

  #open(recorded: Recorded<UserEvent>): { personal?: OpenedPersonal | undefined; unreadable?: string } {
    try {
      return { personal: this.#options.open?.(recorded) };
    } catch (error) {
      if (!(error instanceof PersonalUnreadable)) throw error;
      return { unreadable: 'its personal data does not open under the key of its user' };
    }
  }

  #apply(
    recorded: Recorded<UserEvent>,
    personal: OpenedPersonal | undefined,
    unreadable: string | undefined,
  ): string | undefined {
    const shown = personal ? shownOf(personal) : NOTHING;
    const folded: FoldedEvent = { recorded, userId: this.#options.userId, personal: shown };
    if (this.#parked) return AFTER_PARKED;
    if (this.#options.skipped.has(recorded.id)) {
      this.state.skip(folded, timeOf(folded, this.state.user()));
      return SKIPPED;
    }
    const isShown = shownPart(recorded) !== undefined;
    try {
      if (unreadable && isShown) throw new ProjectionFault(unreadable);
      this.state.apply(folded);
      return unreadable;
    } catch (error) {
      if (!(error instanceof ProjectionFault)) throw error;
      this.#parked = true;
      return error.message;
    }
  }
}
