import type { PoolClient } from '../../shared/adapters/postgres/pool.ts';
import type { AnyEvent, Recorded } from '../../shared/events/types.ts';
import type { AppliedEvent } from '../feeds/feed.ts';

/** Turns events into what is due: deliveries, mails. */
export interface Enqueuer {
  /**
   * A notifier that is new is about to begin after this event, the log's last: what has to be known of the events up to it is
   * read now. May come again, for the same event or a later one.
   */
  begin?(last: AppliedEvent | undefined): Promise<void>;
  /**
   * What takes long is done here, before the transaction: a batch's events, which {@link handle} then gets one by one.
   * @throws what stops the notifier, such as a FeedStop: no event is skipped
   */
  prepare?(events: readonly Recorded<AnyEvent>[]): Promise<void>;
  /**
   * Writes what one event makes due, in the transaction that moves the checkpoint past it: each event comes once in
   * effect, in the log's order. Events of every stream come, and most of them concern nobody: for those it returns
   * without a statement.
   * @throws what stops the notifier, such as a FeedStop: no event is skipped
   */
  handle(event: Recorded<AnyEvent>, tx: PoolClient): Promise<void>;
  /** The transaction was rolled back, or another process has written: what is kept in memory may not be so. */
  forget(): void;
}

/** Sends what is due, in the one process that has the lock for it. */
export interface Sender {
  /**
   * Sends until the signal aborts, then finishes what is under way.
   * @throws an error of PostgreSQL: it is run again after a pause
   */
  run(signal: AbortSignal): Promise<void>;
  /** Something was enqueued: there is no need to wait for the next poll. */
  wake(): void;
}
