import { EventStoreUnavailable } from '../../../shared/event-log/errors.ts';
import type { EventLog, RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { decodeOwn, type EventReader } from '../../../shared/events/codec.ts';
import type { AnyEvent, Recorded } from '../../../shared/events/types.ts';
import type { StreamState } from '../../domain/stream-state.ts';
import type { Aggregate } from './aggregate.ts';
import { readWithin } from './read-within.ts';
import type { Snapshots } from './snapshots.ts';

export interface FoldedStatesOptions<S extends StreamState, E extends AnyEvent> {
  readonly aggregate: Aggregate<S, E>;
  readonly log: Pick<EventLog, 'readStream'>;
  readonly reader: Pick<EventReader, 'decode'>;
  /** Most memory that the kept states may take, in bytes as the aggregate counts them. */
  readonly maxBytes: number;
  /** How long reading one stream may take. */
  readonly readDeadlineMs: number;
  /** Without it every state is folded from its first event. */
  readonly snapshots?: Snapshots<S>;
}

/** Events after which a state is saved again: what a node that knows nothing of the stream has to read at most. */
const SNAPSHOT_EVERY = 1_000;
/** So many events are read without asking for a snapshot: that would cost more. */
const FEW_EVENTS = 100;

/**
 * The folded states of users, or of service accounts, the least recently used dropped first. A state belongs to whoever
 * holds its place in the queue: only there may it be read or changed.
 */
export class FoldedStates<S extends StreamState, E extends AnyEvent> {
  readonly #options: FoldedStatesOptions<S, E>;
  readonly #kept = new Map<string, { readonly state: S; readonly bytes: number }>();
  /** By state: the revision up to which it is saved. */
  readonly #savedTo = new WeakMap<S, number>();
  #bytes = 0;

  constructor(options: FoldedStatesOptions<S, E>) {
    this.#options = options;
  }

  /** The name of a user's (or service account's) stream. */
  streamOf(id: string): string {
    return this.#options.aggregate.streamOf(id);
  }

  get size(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The state as this node knows it; the log may be ahead of it. */
  peek(id: string): S | undefined {
    return this.#kept.get(id)?.state;
  }

  /**
   * The state at the stream's end, read from where the kept one ends, or the saved one. What was folded before a failure
   * is kept or saved, so that the next try goes on there: no stream is too large for the deadline.
   * @throws EventStoreUnavailable also if the read took too long
   * @throws StreamDeleted
   * @throws UnknownEvent the stream has an event that this node does not know; it is never folded past
   */
  async readToEnd(id: string): Promise<S> {
    let state = this.peek(id) ?? this.#options.aggregate.initial(id);
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
  append(state: S, event: RecordedEvent): void {
    this.#fold(state, event);
    this.#keep(state);
    void this.#saveIfDue(state);
  }

  /** Forgets what is saved of an erased user. @throws the driver's error */
  async removeSaved(userId: string): Promise<void> {
    await this.#options.snapshots?.remove(userId);
  }

  /** One for each read: what a snapshot takes to load does not count, or a short deadline would leave none to go on. */
  #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#options.readDeadlineMs);
  }

  /** Folds what the stream has after the state. @returns the number of events */
  async #read(state: S, limit?: number): Promise<number> {
    const { log, aggregate } = this.#options;
    const from = state.revision + 1;
    const stream = aggregate.streamOf(aggregate.idOf(state));
    const events = readWithin(this.#deadline(), (signal) =>
      log.readStream(stream, { from, signal, ...(limit && { limit }) }),
    );
    for await (const event of events) this.#fold(state, event);
    return state.revision + 1 - from;
  }

  /** The saved state, if it is further on than `state` and the stream still holds its last event: a store may be restored. */
  async #saved(state: S): Promise<S | undefined> {
    const { log, snapshots, aggregate } = this.#options;
    const id = aggregate.idOf(state);
    const saved = await snapshots?.load(id);
    if (!saved || saved.revision <= state.revision) return undefined;
    const last = readWithin(this.#deadline(), (signal) =>
      log.readStream(aggregate.streamOf(id), { from: saved.revision, limit: 1, signal }),
    );
    for await (const event of last) {
      if (event.id !== saved.lastEventId) break;
      this.#savedTo.set(saved, saved.revision);
      return saved;
    }
    await snapshots?.remove(id);
    return undefined;
  }

  async #saveIfDue(state: S, every = SNAPSHOT_EVERY): Promise<void> {
    const { snapshots, aggregate } = this.#options;
    const savedTo = this.#savedTo.get(state) ?? -1;
    if (!snapshots || state.revision - savedTo < every || !aggregate.mayBeSaved(state)) return;
    this.#savedTo.set(state, state.revision);
    await snapshots.save(state);
  }

  #fold(state: S, event: RecordedEvent): void {
    if (event.revision !== state.revision + 1) {
      throw new Error(`${event.stream} goes on at ${event.revision} after ${state.revision}`);
    }
    const recorded = this.#own(event);
    if (recorded) this.#options.aggregate.evolve(state, recorded);
    else {
      // Not a decision of ours: it only takes a place in the stream.
      state.revision = event.revision;
      state.position = event.position;
      state.lastEventId = event.id;
    }
  }

  #own(event: RecordedEvent): Recorded<E> | undefined {
    const { reader, aggregate } = this.#options;
    const recorded = decodeOwn(reader, event);
    if (recorded && !aggregate.isOwn(recorded))
      throw new Error(`${event.type} does not belong into ${event.stream}`);
    return recorded;
  }

  /** One that can't be kept anyway must not push out all the others first. */
  #isTooLarge(state: S): boolean {
    return this.#options.aggregate.bytes(state) > this.#options.maxBytes;
  }

  #keep(state: S): void {
    if (state.revision < 0) return;
    const { aggregate, maxBytes } = this.#options;
    const id = aggregate.idOf(state);
    this.#drop(id);
    if (this.#isTooLarge(state)) return;
    const bytes = aggregate.bytes(state);
    this.#kept.set(id, { state, bytes });
    this.#bytes += bytes;
    for (const kept of this.#kept.keys()) {
      if (this.#bytes <= maxBytes) break;
      this.#drop(kept);
    }
  }

  #drop(id: string): void {
    this.#bytes -= this.#kept.get(id)?.bytes ?? 0;
    this.#kept.delete(id);
  }
}
