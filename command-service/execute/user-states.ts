import type { EventLog, RecordedEvent } from '../../shared/event-log.ts';
import { decodeOwn, type EventReader, isUserEvent } from '../../shared/events/codec.ts';
import { userStream } from '../../shared/events/streams.ts';
import type { Recorded, UserEvent } from '../../shared/events/types.ts';
import { approximateBytes, evolve, initialState, type UserState } from '../domain/user-state.ts';
import { readWithin } from './read-within.ts';

export interface UserStatesOptions {
  readonly log: Pick<EventLog, 'readStream'>;
  readonly reader: Pick<EventReader, 'decode'>;
  /** Most memory that the kept states may take, in bytes by {@link approximateBytes}. */
  readonly maxBytes: number;
  /** How long reading one user's stream may take. */
  readonly readDeadlineMs: number;
}

/**
 * The folded states of users, the least recently used dropped first. A state belongs to whoever holds its user's
 * place in the queue: only there may it be read or changed.
 */
export class UserStates {
  readonly #options: UserStatesOptions;
  readonly #kept = new Map<string, { readonly state: UserState; readonly bytes: number }>();
  #bytes = 0;

  constructor(options: UserStatesOptions) {
    this.#options = options;
  }

  get users(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The state as this node knows it; the log may be ahead of it. */
  peek(userId: string): UserState | undefined {
    return this.#kept.get(userId)?.state;
  }

  /**
   * The state at the stream's end, read from where the kept one ends.
   * @throws EventStoreUnavailable also if the read took too long
   * @throws StreamDeleted
   * @throws UnknownEvent the user has an event that this node does not know; it is never folded past
   */
  async readToEnd(userId: string): Promise<UserState> {
    const state = this.peek(userId) ?? initialState(userId);
    const { log, readDeadlineMs } = this.#options;
    const from = state.revision + 1;
    const events = readWithin(readDeadlineMs, (signal) =>
      log.readStream(userStream(userId), { from, signal }),
    );
    try {
      for await (const event of events) this.#fold(state, event);
    } finally {
      this.#keep(state); // what was folded before a failure is true and need not be read again
    }
    return state;
  }

  /** Folds the stream's next event into a state of this object, and keeps it. */
  append(state: UserState, event: RecordedEvent): void {
    this.#fold(state, event);
    this.#keep(state);
  }

  #fold(state: UserState, event: RecordedEvent): void {
    if (event.revision !== state.revision + 1) {
      throw new Error(`${event.stream} goes on at ${event.revision} after ${state.revision}`);
    }
    const recorded = this.#userEvent(event);
    if (recorded) evolve(state, recorded);
    else {
      // Not a decision of ours: it only takes a place in the stream.
      state.revision = event.revision;
      state.position = event.position;
    }
  }

  #userEvent(event: RecordedEvent): Recorded<UserEvent> | undefined {
    const recorded = decodeOwn(this.#options.reader, event);
    if (recorded && !isUserEvent(recorded))
      throw new Error(`${event.type} does not belong into ${event.stream}`);
    return recorded;
  }

  #keep(state: UserState): void {
    if (state.revision < 0) return;
    this.#drop(state.userId);
    const bytes = approximateBytes(state);
    // One that can't be kept anyway must not push out all the others first.
    if (bytes > this.#options.maxBytes) return;
    this.#kept.set(state.userId, { state, bytes });
    this.#bytes += bytes;
    for (const userId of this.#kept.keys()) {
      if (this.#bytes <= this.#options.maxBytes) break;
      this.#drop(userId);
    }
  }

  #drop(userId: string): void {
    this.#bytes -= this.#kept.get(userId)?.bytes ?? 0;
    this.#kept.delete(userId);
  }
}
