import type { RecordedEvent } from '../../shared/event-log/event-log.ts';
import type { Position } from '../../shared/event-log/position.ts';

/** Events in the log's order, and the position that a later batch starts after. */
export interface FeedBatch {
  readonly events: readonly RecordedEvent[];
  /** That of the last event, or a later one if the log said that nothing of ours lies in between. */
  readonly position: Position;
}

/** An event that was applied, as the checkpoint remembers it. */
export interface AppliedEvent {
  readonly id: string;
  readonly position: Position;
  /** The log's time. */
  readonly at: Date;
}

/** Where a projector's events come from: the event log, or a part of it. */
export interface Feed {
  /**
   * Checks that the log still holds the event that was applied last.
   * @param signal gives it up
   * @throws the signal's reason
   * @throws FeedStop it does not: the event store was restored or replaced
   * @throws EventStoreUnavailable
   */
  verify(last: AppliedEvent | undefined, signal?: AbortSignal): Promise<void>;

  /**
   * Everything after `last`, then what comes, until the signal aborts. A batch is what has arrived while the one
   * before it was worked on, so batches are large while the consumer catches up and hold one event when it has; no
   * timer is involved.
   * @throws EventStoreUnavailable the connection was lost; what had arrived was yielded before
   */
  batches(last: AppliedEvent | undefined, signal: AbortSignal): AsyncIterable<FeedBatch>;

  /** How many events have arrived that were not yielded yet, and the time of the first one. */
  readonly waiting: { readonly events: number; readonly since: Date | undefined };

  /** A user's events from a revision on, in order. @throws EventStoreUnavailable */
  userEvents(userId: string, fromRevision: number): AsyncIterable<RecordedEvent>;
}

/** A feed of the whole log, which knows where it ends: what a rebuild reads. */
export interface LogFeed extends Feed {
  /** The last event that {@link Feed.batches} would yield now. @throws EventStoreUnavailable */
  end(): Promise<AppliedEvent | undefined>;
}
