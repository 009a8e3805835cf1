import { inTransaction, type Pool } from '../../shared/adapters/postgres/pool.ts';
import type { RecordedEvent } from '../../shared/event-log/event-log.ts';
import type { EventReader } from '../../shared/events/codec.ts';
import { ForeignEvent, UnknownEvent } from '../../shared/events/errors.ts';
import type { AnyEvent, Recorded } from '../../shared/events/types.ts';
import { type FeedStop, unknownEvent, type Written } from '../errors.ts';
import type { LogFeed } from '../feeds/feed.ts';
import type { Session } from '../follow/consumer.ts';
import { beginAfter, loadCheckpoint, moveCheckpoint, type NotifierCheckpoint } from './checkpoint.ts';
import type { Enqueuer } from './enqueuer.ts';
import type { NotifierMetrics } from './metrics.ts';

/** For the event store that does not have the event that the notifier was at. */
export const ENQUEUED: Written = {
  holds: 'the notifier was at',
  startOver:
    "run: DELETE FROM notifications.checkpoints; the notifier then goes on from the log's end, and cli webhooks replay sends what lies between",
};

export interface FollowOptions {
  readonly feed: LogFeed;
  readonly pool: Pool;
  readonly reader: Pick<EventReader, 'decode'>;
  readonly enqueuers: readonly Enqueuer[];
  /** Called after a commit: something may be due. */
  readonly enqueued: () => void;
  readonly metrics: Pick<NotifierMetrics, 'events'>;
  /** Another program wrote this event: nobody is notified of it. */
  readonly foreign: (event: ForeignEvent) => void;
}

/** Turns the log's events into what is due, one batch and one transaction after another. */
export class Following {
  readonly #options: FollowOptions;
  #checkpoint: NotifierCheckpoint = { last: undefined };

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  /**
   * Reads the checkpoint. A notifier that is new begins at the log's end: nobody is told again what happened before.
   * @throws CheckpointMoved, EventStoreUnavailable, or an error of PostgreSQL
   */
  async prepare(): Promise<void> {
    const { pool, enqueuers } = this.#options;
    for (const enqueuer of enqueuers) enqueuer.forget();
    this.#checkpoint = (await loadCheckpoint(pool)) ?? (await this.#begin());
  }

  async #begin(): Promise<NotifierCheckpoint> {
    const { pool, feed, enqueuers } = this.#options;
    const last = await feed.end();
    for (const enqueuer of enqueuers) await enqueuer.begin?.(last);
    return beginAfter(pool, last);
  }

  /** @throws FeedStop, CheckpointMoved, EventStoreUnavailable, VaultUnavailable, or an error of PostgreSQL */
  async follow(session: Session): Promise<void> {
    const { feed } = this.#options;
    const { signal } = session;
    await feed.verify(this.#checkpoint.last, signal);
    session.started();
    for await (const { events } of feed.batches(this.#checkpoint.last, signal)) {
      if (signal.aborted) return;
      const { decoded, last, count, stop } = this.#decode(events);
      session.taken(count, events[0]?.created);
      if (last) await this.#enqueue(decoded, last);
      session.written(count);
      if (stop) throw stop;
    }
  }

  /** In order, up to the first event that this build doesn't know: a newer release wrote it. */
  #decode(events: readonly RecordedEvent[]) {
    const { reader, foreign } = this.#options;
    const decoded: Recorded<AnyEvent>[] = [];
    let count = 0;
    let stop: FeedStop | undefined;
    for (const event of events) {
      try {
        decoded.push(reader.decode(event));
      } catch (error) {
        if (!(error instanceof UnknownEvent)) throw error;
        if (!(error instanceof ForeignEvent)) {
          stop = unknownEvent(error, 'notifier');
          break;
        }
        foreign(error);
      }
      count++;
    }
    return { decoded, count, last: events[count - 1], stop };
  }

  async #enqueue(decoded: readonly Recorded<AnyEvent>[], last: RecordedEvent): Promise<void> {
    const { pool, enqueuers, enqueued, metrics } = this.#options;
    const to = { id: last.id, position: last.position, at: last.created };
    try {
      for (const enqueuer of enqueuers) await enqueuer.prepare?.(decoded);
      await inTransaction(pool, async (tx) => {
        await moveCheckpoint(tx, this.#checkpoint, to);
        for (const event of decoded) {
          for (const enqueuer of enqueuers) await enqueuer.handle(event, tx);
        }
      });
    } catch (error) {
      for (const enqueuer of enqueuers) enqueuer.forget();
      throw error;
    }
    this.#checkpoint = { last: to };
    metrics.events.inc(decoded.length);
    enqueued();
  }
}
