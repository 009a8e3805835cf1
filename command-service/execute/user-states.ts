import type { EventLog, RecordedEvent } from '../../shared/event-log.ts';
import { EventStoreUnavailable } from '../../shared/event-log-errors.ts';
import { decodeOwn, type EventReader, isUserEvent } from '../../shared/events/codec.ts';
import { userStream } from '../../shared/events/streams.ts';
import type { Recorded, UserEvent } from '../../shared/events/types.ts';
import { approximateBytes, evolve, initialState, type UserState } from '../domain/user-state.ts';
import { readWithin } from './read-within.ts';
import type { Snapshots } from './snapshots.ts';

export interface UserStatesOptions {
  readonly log: Pick<EventLog, 'readStream'>;
  readonly reader: Pick<EventReader, 'decode'>;
  /** Most memory that the kept states may take, in bytes by {@link approximateBytes}. */
  readonly maxBytes: number;
  /** How long reading one user's stream may take. */
  readonly readDeadlineMs: number;
  readonly snapshots: Snapshots;
}

/** Events after which a state is saved again: what a node that knows nothing of the user has to read at most. */
const SNAPSHOT_EVERY = 1_000;
/** So many events are read without asking for a snapshot: that would cost more. */
const FEW_EVENTS = 100;

/**
 * The folded states of users, the least recently used dropped first. A state belongs to whoever holds its user's
 * place in the queue: only there may it be read or changed.
 */
export class UserStates {
  readonly #options: UserStatesOptions;
  readonly #kept = new Map<string, { readonly state: UserState; readonly bytes: number }>();
  /** By state: the revision up to which it is saved. */
  readonly #savedTo = new WeakMap<UserState, number>();
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
   * The state at the stream's end, read from where the kept one ends, or the saved one. What was folded before a failure
   * is kept or saved, so that the next try goes on there: no user is too large for the deadline.
   * @throws EventStoreUnavailable also if the read took too long
   * @throws StreamDeleted
   * @throws UnknownEvent the user has an event that this node does not know; it is never folded past
   */
  async readToEnd(userId: string): Promise<UserState> {
    let state = this.peek(userId) ?? initialState(userId);
    try {
      if ((await this.#read(state, FEW_EVENTS)) === FEW_EVENTS) {
        state = (await this.#saved(state)) ?? state;
        await this.#read(state);
      }
      void this.#saveIfDue(state);
      return state;
    } catch (error) {
      if (error instanceof EventStoreUnavailable)
        await this.#saveIfDue(state, this.#isTooLarge(state) ? 1 : undefined);
      throw error;
    } finally {
      this.#keep(state);
    }
  }

  /** Folds the stream's next event into a state of this object, and keeps it. */
  append(state: UserState, event: RecordedEvent): void {
    this.#fold(state, event);
    this.#keep(state);
    void this.#saveIfDue(state);
  }

  /** Forgets what is saved of an erased user. @throws the driver's error */
  async removeSaved(userId: string): Promise<void> {
    await this.#options.snapshots.remove(userId);
  }

  /** One for each read: what a snapshot takes to load does not count, or a short deadline would leave none to go on. */
  #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#options.readDeadlineMs);
  }

  /** Folds what the stream has after the state. @returns the number of events */
  async #read(state: UserState, limit?: number): Promise<number> {
    const from = state.revision + 1;
    const events = readWithin(this.#deadline(), (signal) =>
      this.#options.log.readStream(userStream(state.userId), { from, signal, ...(limit && { limit }) }),
    );
    for await (const event of events) this.#fold(state, event);
    return state.revision + 1 - from;
  }

  /** The saved state, if it is further on than `state` and the stream still holds its last event: a store may be restored. */
  async #saved({ userId, revision }: UserState): Promise<UserState | undefined> {
    const { log, snapshots } = this.#options;
    const saved = await snapshots.load(userId);
    if (!saved || saved.revision <= revision) return undefined;
    const last = readWithin(this.#deadline(), (signal) =>
      log.readStream(userStream(userId), { from: saved.revision, limit: 1, signal }),
    );
    for await (const event of last) {
      if (event.id !== saved.lastEventId) break;
      this.#savedTo.set(saved, saved.revision);
      return saved;
    }
    await snapshots.remove(userId);
    return undefined;
  }

  async #saveIfDue(state: UserState, every = SNAPSHOT_EVERY): Promise<void> {
    const savedTo = this.#savedTo.get(state) ?? -1;
    if (state.revision - savedTo < every || state.account.status !== 'active') return;
    this.#savedTo.set(state, state.revision);
    await this.#options.snapshots.save(state);
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
      state.lastEventId = event.id;
    }
  }

  #userEvent(event: RecordedEvent): Recorded<UserEvent> | undefined {
    const recorded = decodeOwn(this.#options.reader, event);
    if (recorded && !isUserEvent(recorded))
      throw new Error(`${event.type} does not belong into ${event.stream}`);
    return recorded;
  }

  /** One that can't be kept anyway must not push out all the others first. */
  #isTooLarge(state: UserState): boolean {
    return approximateBytes(state) > this.#options.maxBytes;
  }

  #keep(state: UserState): void {
    if (state.revision < 0) return;
    this.#drop(state.userId);
    if (this.#isTooLarge(state)) return;
    const bytes = approximateBytes(state);
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
