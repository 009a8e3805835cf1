import type { RecordedEvent } from '../../shared/event-log/event-log.ts';
import { START } from '../../shared/event-log/position.ts';
import type { Feed, FeedBatch } from '../feeds/feed.ts';
import { type Cuts, eventTime } from './cuts.ts';

/**
 * How far beyond an instant the log is read for events that were decided before it: the clocks of command nodes and
 * event store may differ, and an append takes its time. Nodes whose clocks are further apart have other troubles.
 */
export const CLOCK_MARGIN_MS = 3_600_000;

/** By both times: in a log that was copied to another store the store's own are those of the copying. */
const isBeyond = (event: RecordedEvent, limit: number): boolean =>
  event.created.getTime() > limit && eventTime(event) > limit;

export interface FeedUntilOptions {
  /** Milliseconds since 1970. */
  readonly asOf: number;
  readonly cuts: Pick<Cuts, 'keep'>;
  /** Ends the feed early; what had arrived is yielded. */
  readonly signal: AbortSignal;
  /** Called with the log's time of what is read, in milliseconds since 1970. */
  readonly reached: (at: number) => void;
}

/** The feed's events up to an instant; it ends by itself once the log is past it by more than {@link CLOCK_MARGIN_MS}. */
export function feedUntil(feed: Feed, { asOf, cuts, signal: ended, reached }: FeedUntilOptions): Feed {
  return {
    async *batches(last, signal): AsyncGenerator<FeedBatch, void> {
      for await (const batch of feed.batches(last, AbortSignal.any([signal, ended]))) {
        const past = batch.events.findIndex((event) => isBeyond(event, asOf + CLOCK_MARGIN_MS));
        const within = past < 0 ? batch.events : batch.events.slice(0, past);
        const latest = within.at(-1);
        if (latest) reached(latest.created.getTime());
        const position = past < 0 ? batch.position : (latest?.position ?? START);
        yield { events: await cuts.keep(within), position };
        if (past >= 0) return;
      }
    },
    verify: (last, signal) => feed.verify(last, signal),
    get waiting() {
      return feed.waiting;
    },
    userEvents: (userId, fromRevision) => feed.userEvents(userId, fromRevision),
  };
}
