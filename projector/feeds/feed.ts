import type { RecordedEvent } from '../../shared/adapters/eventstoredb/event-log.ts';
import type { Position } from '../../shared/events/position.ts';

/** Events in the log's order, and the place behind them: a later batch starts there. */
export interface FeedBatch {
  readonly events: readonly RecordedEvent[];
  /** At or behind the last event; behind it if the source said that nothing else stands in between. */
  readonly position: Position;
}

/** An event that was applied, as the checkpoint remembers it. */
export interface AppliedEvent {
  readonly id: string;
  readonly position: Position;
  /** The log's time. */
  readonly at: Date;
}

/** Where a projector's events come from. */
export interface Feed {
  /**
   * Checks that the source still holds the event that was applied last.
   * @throws FeedStop it does not: the store was restored or replaced
   * @throws EventStoreUnavailable
   */
  verify(last: AppliedEvent | undefined): Promise<void>;

  /**
   * Everything behind `last`, then what comes, until the signal aborts. A batch is what has arrived while the one
   * before it was worked on, so batches are large when the consumer is behind and hold one event when it is not; no
   * timer is involved.
   * @throws EventStoreUnavailable the connection was lost; what had arrived was yielded before
   */
  batches(last: AppliedEvent | undefined, signal: AbortSignal): AsyncIterable<FeedBatch>;

  /** How many events have arrived that were not yielded yet, and the time of the first one. */
  readonly waiting: { readonly events: number; readonly since: Date | undefined };

  /** The last event that {@link batches} would yield now. @throws EventStoreUnavailable */
  end(): Promise<AppliedEvent | undefined>;

  /** A user's events from a revision on, in order. @throws EventStoreUnavailable */
  userEvents(userId: string, fromRevision: number): AsyncIterable<RecordedEvent>;
}
