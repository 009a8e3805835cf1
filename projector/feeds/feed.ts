import type { RecordedEvent } from '../../shared/event-log.ts';
import type { Position } from '../../shared/events/position.ts';

/** An event as a feed delivers it. */
export interface FeedEvent extends RecordedEvent {
  /** Of its record in the partition; only from Kafka. */
  readonly offset?: bigint | undefined;
}

/** Events in their source's order, and the place behind them: a later batch starts there. */
export interface FeedBatch {
  readonly events: readonly FeedEvent[];
  /** At or behind the furthest event; behind it if the source said that nothing else stands in between. */
  readonly position: Position;
}

/** An event that was applied, as the checkpoint remembers it. */
export interface AppliedEvent {
  readonly id: string;
  readonly position: Position;
  /** The log's time. */
  readonly at: Date;
  /** Of its record; undefined where it did not come from Kafka. */
  readonly offset?: bigint | undefined;
}

/** Where a projector's events come from. */
export interface Feed {
  /**
   * Checks that the source still holds the event that was applied last, and leads on from there.
   * @param reached how far the read models are, where that is further than the last event
   * @param signal gives it up
   * @throws the signal's reason
   * @throws FeedStop it does not: the source was restored or replaced, or has dropped what is needed
   * @throws EventStoreUnavailable, KafkaUnavailable
   */
  verify(last: AppliedEvent | undefined, reached?: Position, signal?: AbortSignal): Promise<void>;

  /**
   * Everything behind `last`, then what comes, until the signal aborts. A batch is what has arrived while the one
   * before it was worked on, so batches are large when the consumer is behind and hold one event when it is not; no
   * timer is involved.
   * @throws EventStoreUnavailable, KafkaUnavailable the connection was lost; what had arrived was yielded before
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
