import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { EventStoreUnavailable } from '../../shared/event-log/errors.ts';
import type { EventLog, RecordedEvent } from '../../shared/event-log/event-log.ts';
import { createReader } from '../../shared/events/codec.ts';
import { userStream } from '../../shared/events/streams.ts';
import { Timeline, type TimelineEntry } from '../../shared/history/timeline.ts';
import type { UserRows } from '../../shared/history/user-rows.ts';
import { Problem } from '../../shared/http/problems/problem.ts';
import type { Logger } from '../../shared/process/logger.ts';
import { loadSkipped } from '../../shared/read-model/skipped.ts';
import { unlessAborted } from '../../shared/unless-aborted.ts';
import { KeptTimelines } from './kept-timelines.ts';

export interface HistoryPage {
  /** Only events after this revision; undefined for the first page. */
  readonly after: number | undefined;
  /** One more than are shown: the last one says that there is another page. */
  readonly limit: number;
}

export interface HistoryQuestion {
  readonly userId: string;
  /** Milliseconds since 1970; undefined for all that there is: what was written is there, whatever this node's clock says. */
  readonly asOf: number | undefined;
  readonly page: HistoryPage;
  readonly signal: AbortSignal;
}

export interface UserHistory {
  readonly entries: readonly TimelineEntry[];
  /** As of the instant; undefined on a later page, which is read no further than it goes. */
  readonly state: UserRows | undefined;
  /** The latest time of the events that were read, in milliseconds since 1970. */
  readonly latest: number;
}

export interface HistoryOptions {
  /** undefined if this node has no setting that says where it is. */
  readonly log: Pick<EventLog, 'readStream'> | undefined;
  readonly db: Queryable;
  readonly logger: Logger;
  /** Most histories that are read at once; default 4. More would take the processor from the validations. */
  readonly maxAtOnce?: number;
  /** How long reading one may take, in milliseconds; default 10 s, which is some 100,000 events. */
  readonly deadlineMs?: number;
}

/** Reads the histories of users from the event log itself: nothing here waits for a read model. */
export class Histories {
  readonly #options: HistoryOptions;
  readonly #reader = createReader();
  readonly #kept = new KeptTimelines();
  #reading = 0;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /**
   * A page of a user's events up to an instant, and on the first page the state as of it. It holds that page and the
   * state, however long the history is.
   * @returns undefined if there is no such user
   * @throws Problem event_store_unavailable, busy; UnknownEvent; and an error of PostgreSQL
   */
  async read(question: HistoryQuestion): Promise<UserHistory | undefined> {
    const { log, maxAtOnce = 4 } = this.#options;
    if (!log) {
      const detail = 'EVENTSTORE_URL is not set on this node.';
      throw new Problem('event_store_unavailable', { detail });
    }
    if (this.#reading >= maxAtOnce) throw new Problem('busy');
    this.#reading += 1;
    try {
      return await this.#read(log, question);
    } finally {
      this.#reading -= 1;
    }
  }

  async #read(
    log: Pick<EventLog, 'readStream'>,
    { userId, asOf = Number.POSITIVE_INFINITY, page, signal }: HistoryQuestion,
  ): Promise<UserHistory | undefined> {
    const skipped = await loadSkipped(this.#options.db, userId);
    const { after = -1, limit } = page;
    const keyAfter = (revision: number) => [userId, revision, ...skipped].join(' ');
    const kept = this.#kept.take(keyAfter(after));
    const isOfThen = kept !== undefined && kept.timeline.latest <= asOf;
    const timeline = isOfThen ? kept.timeline : new Timeline({ userId, reader: this.#reader, skipped });
    const entries: TimelineEntry[] = isOfThen ? [kept.first] : [];
    for await (const entry of timeline.entries(this.#events(log, userId, timeline.next, signal), asOf)) {
      if (entry.recorded.revision > after && entries.length < limit) entries.push(entry);
      if (page.after !== undefined && entries.length === limit) break;
    }
    if (!timeline.exists) return undefined;
    const { latest } = timeline;
    if (page.after === undefined) return { entries, state: timeline.state, latest };
    // The last entry says only that there is another page, which begins with it.
    const [before, first] = entries.slice(-2);
    if (before && first && entries.length === limit)
      this.#kept.keep(keyAfter(before.recorded.revision), { timeline, first });
    return { entries, state: undefined, latest };
  }

  /** A read that is aborted ends like one that is complete: here it fails, because half must not pass for all. */
  async *#events(
    log: Pick<EventLog, 'readStream'>,
    userId: string,
    from: number,
    gone: AbortSignal,
  ): AsyncGenerator<RecordedEvent, void> {
    const late = AbortSignal.timeout(this.#options.deadlineMs ?? 10_000);
    const signal = AbortSignal.any([gone, late]);
    const events = log.readStream(userStream(userId), { from, signal })[Symbol.asyncIterator]();
    try {
      // A client that looks for the nodes of a cluster heeds no signal, and looks for a minute if they can't be reached.
      const first = await unlessAborted(events.next(), signal);
      if (!first.done) yield first.value;
      yield* { [Symbol.asyncIterator]: () => events };
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new EventStoreUnavailable({ cause: error });
    } finally {
      // Not waited for: after a read that hangs it would take as long.
      events.return?.(undefined).catch((error: unknown) => {
        this.#options.logger.debug({ err: error }, 'history_read_left');
      });
    }
    if (signal.aborted) throw new EventStoreUnavailable({ cause: signal.reason });
  }
}
